/** Workers: where they are, what they serve, how much they have done, those that are gone; and one with what it runs. */

import { get, path } from './api.js';
import { listPage } from './list.js';
import { badge, facts, heading, link, section, soft, table, words } from './parts.js';
import { duration, fromNow, time } from './time.js';

const STATES = { attached: 'good', detached: 'bad' };

const stateOf = ({ state, reason }) => [badge(STATES[state] ?? 'warn', state), reason && [' ', soft(reason)]];
const load = ({ running, concurrency }) => concurrency ? `${running} of ${concurrency}` : running;

export const workers = listPage({
  title: 'Workers', path: '/workers', list: 'workers', key: ({ instance, attached_at: at }) => `${instance} ${at}`, order: 'by name, those that are gone for a day',
  columns: [
    ['Worker', ({ instance }) => link(`/workers/${encodeURIComponent(instance)}`, {}, instance)],
    ['State', stateOf],
    ['Host', ({ host }) => words(host)],
    ['Version', ({ version }) => words(version)],
    ['Queues', ({ queues }) => words(queues.join(', '))],
    ['Running', load, 'number'],
    ['Finished', ({ finished }) => finished, 'number'],
    ['Failed', ({ failed }) => failed, 'number'],
    ['Since', ({ attached_at: at, detached_at: end }) => soft(fromNow(end ?? at))],
  ],
  none: () => ['No worker is attached, nor was one within a day', 'Nothing is delivered without one: start the program worker, with SCHEDULER_ENDPOINTS naming this scheduler.'],
});

const columns = [
  ['Reminder', ({ reminder_id: id }) => link(`/reminders/${id}`, {}, id)],
  ['Task', ({ task }) => words(task)],
  ['Queue', ({ queue }) => words(queue)],
  ['Due', ({ scheduled_at: at }) => time(at)],
  ['Try', ({ attempt }) => attempt > 1 ? badge('warn', attempt) : attempt, 'number'],
  ['Has it', ({ since_ms: since }) => soft(fromNow(since / 1_000))],
  ['Lease left', ({ lease_ms: left }) => duration(left / 1_000)],
];

const draw = ({ data: worker }) => [
  heading(worker.instance),
  facts([
    ['State', stateOf(worker)], ['Host', words(worker.host)], ['Process', worker.process || soft('–')], ['Version', words(worker.version)],
    ['Started', time(worker.started_at || null)], ['Attached', time(worker.attached_at)],
    worker.detached_at && ['Gone', time(worker.detached_at)], ['Queues', words(worker.queues.join(', '))], ['Tasks', words(worker.tasks.join(', '))],
    ['Running', load(worker)], ['Finished', worker.finished], ['Failed', worker.failed]]),
  section('What it runs', worker.occurrences.length ? table({ caption: 'What it runs', columns, rows: worker.occurrences }) : soft('Nothing now.')),
];

export const worker = { title: ({ params }) => params.instance, load: ({ params: { instance } }) => get(path`/workers/${instance}`), draw };
