/** Workers: where they are, what they serve, how much they have done, and those that are gone. */

import { get } from './api.js';
import { empty, heading, link, pager, soft, table, words } from './parts.js';
import { fromNow } from './time.js';
import { load, stateBadge } from './fleet.js';

function draw({ data, query }) {
  const { workers, next_cursor: next } = data;
  const columns = [
    ['Worker', ({ instance }) => link(`/workers/${encodeURIComponent(instance)}`, {}, instance)],
    ['State', stateBadge],
    ['Host', ({ host }) => words(host)],
    ['Version', ({ version }) => words(version)],
    ['Queues', ({ queues }) => words(queues.join(', '))],
    ['Running', load, 'number'],
    ['Finished', ({ finished }) => finished, 'number'],
    ['Failed', ({ failed }) => failed, 'number'],
    ['Since', ({ attached_at: at, detached_at: end }) => soft(fromNow(end ?? at))],
  ];
  return [
    heading('Workers'),
    workers.length ? table({ caption: 'Workers', columns, rows: workers, key: ({ instance, attached_at: at }) => `${instance} ${at}` })
      : empty('No worker is attached, nor was one within a day', 'Nothing is delivered without one: start the program worker, with SCHEDULER_ENDPOINTS naming this scheduler.'),
    pager('/workers', query, workers.length, next, 'by name, those that are gone for a day'),
  ];
}

export default { title: () => 'Workers', load: ({ query }) => get('/workers', query), draw };
