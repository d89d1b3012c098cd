/** Workers: where they are, what they serve, how much they have done, those that are gone; and one with what it runs. */

import { get, patch, path } from './api.js';
import { may } from './state.js';
import { actButtons, settle } from './acts.js';
import * as columns from './columns.js';
import { fill } from './dialogs.js';
import { listPage } from './list.js';
import { button, cellOf, el, facts, heading, soft, tabled, words } from './parts.js';
import { fromNow, time } from './time.js';

const shown = [columns.standing, ['Host', 'host'], columns.version, ['Queues', ({ queues }) => words(queues.join(', '))], columns.load, columns.finished, columns.failed];

export const workers = listPage({
  title: 'Workers', path: '/workers', list: 'workers', key: ({ instance, attached_at: at }) => `${instance} ${at}`, order: 'by name, those that are gone for a day',
  follows: ({ workers }) => workers,
  columns: [columns.worker, ...shown, ['Since', ({ attached_at: at, detached_at: end }) => soft(fromNow(end ?? at))]],
  none: () => ['No worker is attached, nor was one within a day', 'Nothing is delivered without one: start the program worker, with SCHEDULER_ENDPOINTS naming this scheduler.'],
});

const split = text => text.split(/[\s,]+/).filter(Boolean);

async function change({ instance, concurrency, max_concurrency: most, queues }) {
  const answer = await fill(`What ${instance} takes`, 'Save', [
    { name: 'size', label: `Running at once${most ? `, 1 to ${most}` : ''}; empty: what it was started with`, inputmode: 'numeric', value: concurrency, autofocus: true },
    { name: 'served', label: 'Its queues, a comma between them', value: queues.join(', '), required: true },
  ], ({ size, served }) => patch(path`/workers/${instance}`, {
    concurrency: size.trim() === '' ? null : Number(size), take_queues: split(served).filter(name => !queues.includes(name)), drop_queues: queues.filter(name => !split(served).includes(name)),
  }), el('p', 'What it runs goes on. It lasts until the worker is started again, which then has its settings.'));
  await settle(answer, ({ message, worker: { concurrency, queues } }) =>
    message === 'asked' ? `${instance} was told, and has not answered yet` : `${instance} runs ${concurrency} at once, from ${queues.join(', ')}`);
}

/** What it can be told, if it is one that does what it is told. */
const orders = worker => worker.controllable && may('administers') && [
  button('Concurrency and queues', () => change(worker), { class: 'small', 'data-act': 'change' }),
  actButtons([worker.state === 'attached' ? 'drain' : 'resumeWorker', 'shutDown'], [worker.instance]),
];

const draw = ({ data: worker }) => [
  heading(words(worker.instance), orders(worker)),
  facts([
    ...shown.map(([name, draw]) => [name, cellOf(draw, worker)]), ['Runs at most', worker.max_concurrency || soft('–')], ['Tasks', words(worker.tasks.join(', '))], ['Process', worker.process || soft('–')],
    ['Started', time(worker.started_at || null)], ['Attached', time(worker.attached_at)], worker.detached_at && ['Gone', time(worker.detached_at)]]),
  tabled('What it runs', {
    rows: worker.occurrences, columns: [columns.reminder, ['Queue', 'queue'], columns.due, columns.attempt, columns.since, columns.lease, columns.occurrenceDo],
  }, 'Nothing now.'),
];

export const worker = {
  title: ({ param }) => param, load: ({ param: instance }) => get(path`/workers/${instance}`), follows: ({ workers }) => workers, draw,
};
