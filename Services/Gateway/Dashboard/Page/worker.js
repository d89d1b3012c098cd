/** One worker: what it is, and what it runs. */

import { get, path } from './api.js';
import { badge, facts, heading, link, section, soft, table, words } from './parts.js';
import { duration, fromNow, time } from './time.js';
import { load, stateBadge } from './fleet.js';

function draw({ data: worker }) {
  const columns = [
    ['Reminder', ({ reminder_id: id }) => link(`/reminders/${id}`, {}, id)],
    ['Task', ({ task }) => words(task)],
    ['Queue', ({ queue }) => words(queue)],
    ['Due', ({ scheduled_at: at }) => time(at)],
    ['Try', ({ attempt }) => attempt > 1 ? badge('warn', attempt) : attempt, 'number'],
    ['Has it', ({ since_ms: since }) => soft(fromNow(since / 1_000))],
    ['Lease left', ({ lease_ms: left }) => duration(left / 1_000)],
  ];
  return [
    heading(worker.instance),
    facts([
      ['State', stateBadge(worker)], ['Host', words(worker.host)], ['Process', worker.process || soft('–')], ['Version', words(worker.version)],
      ['Started', worker.started_at ? time(worker.started_at) : soft('–')], ['Attached', time(worker.attached_at)],
      worker.detached_at && ['Gone', time(worker.detached_at)], ['Queues', words(worker.queues.join(', '))], ['Tasks', words(worker.tasks.join(', '))],
      ['Running', load(worker)], ['Finished', worker.finished], ['Failed', worker.failed]]),
    section('What it runs', worker.occurrences.length
      ? table({ caption: 'What it runs', columns, rows: worker.occurrences, key: ({ id }) => id }) : soft('Nothing now.')),
  ];
}

export default { title: ({ params }) => params.instance, load: ({ params: { instance } }) => get(path`/workers/${instance}`), draw };
