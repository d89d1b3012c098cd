/** Workers: where they are, what they serve, how much they have done, those that are gone; and one with what it runs. */

import { get, patch, path, post } from './api.js';
import { may, reread } from './state.js';
import { attempt, confirm, fill } from './dialogs.js';
import { listPage } from './list.js';
import { badge, button, el, facts, heading, link, say, section, soft, table, words, workerLink } from './parts.js';
import { duration, fromNow, time } from './time.js';

const STATES = { attached: 'good', detached: 'bad' };

export const stateOf = ({ state, reason }) => [badge(STATES[state] ?? 'warn', state), reason && [' ', soft(reason)]];
export const load = ({ running, concurrency }) => concurrency ? `${running} of ${concurrency}` : running;

export const workers = listPage({
  title: 'Workers', path: '/workers', list: 'workers', key: ({ instance, attached_at: at }) => `${instance} ${at}`, order: 'by name, those that are gone for a day',
  follows: ({ workers }) => workers,
  columns: [
    ['Worker', ({ instance }) => workerLink(instance)],
    ['State', stateOf],
    ['Host', 'host'],
    ['Version', 'version'],
    ['Queues', ({ queues }) => words(queues.join(', '))],
    ['Running', load, 'number'],
    ['Finished', 'finished', 'number'],
    ['Failed', 'failed', 'number'],
    ['Since', ({ attached_at: at, detached_at: end }) => soft(fromNow(end ?? at))],
  ],
  none: () => ['No worker is attached, nor was one within a day', 'Nothing is delivered without one: start the program worker, with SCHEDULER_ENDPOINTS naming this scheduler.'],
});

const columns = [
  ['Reminder', ({ reminder_id: id }) => link(`/reminders/${id}`, {}, id)],
  ['Task', 'task'],
  ['Queue', 'queue'],
  ['Due', ({ scheduled_at: at }) => time(at)],
  ['Try', ({ attempt }) => attempt > 1 ? badge('warn', attempt) : attempt, 'number'],
  ['Has it', ({ since_ms: since }) => soft(fromNow(since / 1_000))],
  ['Lease left', ({ lease_ms: left }) => duration(left / 1_000), 'number'],
];

/** Says what a worker that was asked for something has done. */
async function said(answer) {
  if (!answer) return;
  const { message, worker: { instance, state, concurrency, queues } } = answer;
  say(message === 'asked' ? `${instance} was told, and has not answered yet` : `${instance} is ${state}, runs ${concurrency} at once, from ${queues.join(', ')}`);
  await reread();
}

const split = text => text.split(/[\s,]+/).filter(Boolean);

async function change({ instance, concurrency, max_concurrency: most, queues }) {
  await said(await fill(`What ${instance} takes`, 'Save', [
    { name: 'size', label: `Running at once${most ? `, 1 to ${most}` : ''}; empty: what it was started with`, inputmode: 'numeric', value: concurrency, autofocus: true },
    { name: 'served', label: 'Its queues, a comma between them', value: queues.join(', '), required: true },
  ], ({ size, served }) => patch(path`/workers/${instance}`, {
    concurrency: size.trim() === '' ? null : Number(size), take_queues: split(served).filter(name => !queues.includes(name)), drop_queues: queues.filter(name => !split(served).includes(name)),
  }), el('p', 'What it runs goes on. It lasts until the worker is started again, which then has its settings.')));
}

/** What it can be told, if it is one that does what it is told. */
function orders(worker) {
  const { instance, state, controllable } = worker;
  if (!controllable || !may('administers')) return null;
  const order = verb => attempt(`${instance} was not told`, () => post(`/workers/${encodeURIComponent(instance)}/${verb}`)).then(said);
  const shutDown = async () => {
    if (await confirm(`Shut down ${instance}?`, 'Shut down', null, el('p', 'It takes nothing new, finishes what it runs, and ends. Where systemd or compose keeps it up it is started again.'))) await order('shut-down');
  };
  const act = (name, label, does, more) => button(label, does, { class: `small ${more ?? ''}`, 'data-act': name });
  return [
    act('change', 'Concurrency and queues', () => change(worker)),
    state === 'attached' ? act('drain', 'Drain', () => order('drain')) : act('resume', 'Resume', () => order('resume')),
    act('shut-down', 'Shut down', shutDown, 'bad'),
  ];
}

const draw = ({ data: worker }) => [
  heading(words(worker.instance), orders(worker)),
  facts([
    ['State', stateOf(worker)], ['Host', words(worker.host)], ['Process', worker.process || soft('–')], ['Version', words(worker.version)],
    ['Started', time(worker.started_at || null)], ['Attached', time(worker.attached_at)],
    worker.detached_at && ['Gone', time(worker.detached_at)], ['Queues', words(worker.queues.join(', '))], ['Tasks', words(worker.tasks.join(', '))],
    ['Running', load(worker), worker.max_concurrency > 0 && soft(`, at most ${worker.max_concurrency}`)], ['Finished', worker.finished], ['Failed', worker.failed]]),
  section('What it runs', worker.occurrences.length ? table({ caption: 'What it runs', columns, rows: worker.occurrences }) : soft('Nothing now.')),
];

export const worker = {
  title: ({ params }) => params.instance, load: ({ params: { instance } }) => get(path`/workers/${instance}`), follows: ({ workers }) => workers, draw,
};
