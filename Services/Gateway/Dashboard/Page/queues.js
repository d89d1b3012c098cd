/** Queues: what waits and runs in each, and how it is worked off. */

import { patch, path } from './api.js';
import { may } from './state.js';
import { actButtons, settle } from './acts.js';
import { fill } from './dialogs.js';
import { listPage } from './list.js';
import { badge, button, el, link, soft } from './parts.js';

/** The first is what a queue has without a setting. */
const SHARES = ['caller', 'created_by', 'classroom_id', 'none'];

const number = text => text.trim() === '' ? null : Number(text);

const limit = ({ name, max_concurrency: most, rate_limit: rate, fair_by: share }) => fill(`Limits of ${name}`, 'Save', [
  { name: 'max_concurrency', label: 'Running at once, all workers together; empty: no bound', inputmode: 'numeric', value: most },
  { name: 'count', label: 'Dispatches; empty: no bound', inputmode: 'numeric', value: rate?.count },
  { name: 'per_seconds', label: 'in so many seconds', inputmode: 'numeric', value: rate?.per_seconds ?? 1 },
  { name: 'fair_by', label: 'Each has its turn', options: SHARES, value: share },
], ({ max_concurrency: most, count, per_seconds: seconds, fair_by: share }) => patch(path`/queues/${name}`, {
  max_concurrency: number(most), fair_by: share, rate_limit: number(count) === null ? null : { count: number(count), per_seconds: number(seconds) ?? 1 },
}));

const work = ({ ready, running }) => ready + running;

export default listPage({
  title: 'Queues', path: '/queues', list: 'queues', key: ({ name }) => name, order: 'by name', follows: ({ queues }) => queues,
  columns: (query, queues) => [
    ['Queue', ({ name }) => link('/reminders', { queue: name }, name), 'wide'],
    ['State', ({ paused, workers }) => paused ? badge('warn', 'paused') : workers ? badge('good', 'open') : badge('bad', 'no worker')],
    ['Ready', 'ready', 'number'],
    ['Running', ({ running, max_concurrency: bound }) => bound === null ? running : `${running} of ${bound}`, 'number'],
    // The numbers stand beside it.
    ['Load', queue => el('progress', { max: Math.max(1, ...queues.map(work)), value: work(queue), 'aria-hidden': 'true' })],
    ['Workers', 'workers', 'number'],
    ['Rate', ({ rate_limit: rate }) => rate ? `${rate.count} in ${rate.per_seconds} s` : soft('no bound')],
    ['Turns by', ({ fair_by: share }) => share === SHARES[0] ? soft(share) : share],
    ['Do', queue => may('administers') && [
      actButtons([queue.paused ? 'resumeQueue' : 'pauseQueue'], [queue.name]),
      button('Limits', () => limit(queue).then(answer => settle(answer, () => `Queue ${queue.name} has new limits`)), { class: 'small', 'data-act': 'limits' })], 'do'],
  ],
  none: () => ['No queue has settings, work or workers', 'Any name that a reminder has as its queue is one; a worker takes from those in WORKER_QUEUES.'],
});
