/** Queues: what waits and runs in each, and how it is worked off. */

import { patch, path } from './api.js';
import { may, reread } from './state.js';
import { attempt, fill } from './dialogs.js';
import { meter } from './charts.js';
import { listPage } from './list.js';
import { badge, button, link, say, soft } from './parts.js';

/** The first is what a queue has without a setting. */
const SHARES = ['caller', 'created_by', 'classroom_id', 'none'];

const number = text => text.trim() === '' ? null : Number(text);

async function pause({ name, paused }) {
  if (await attempt(`Queue ${name} was not changed`, () => patch(path`/queues/${name}`, { paused: !paused }))) say(`Queue ${name} ${paused ? 'goes on' : 'is paused'}`);
  await reread();
}

async function limit({ name, max_concurrency: most, rate_limit: rate, fair_by: share }) {
  const isDone = await fill(`Limits of ${name}`, 'Save', [
    { name: 'max_concurrency', label: 'Running at once, all workers together; empty: no bound', inputmode: 'numeric', value: most },
    { name: 'count', label: 'Dispatches; empty: no bound', inputmode: 'numeric', value: rate?.count },
    { name: 'per_seconds', label: 'in so many seconds', inputmode: 'numeric', value: rate?.per_seconds ?? 1 },
    { name: 'fair_by', label: 'Each has its turn', options: SHARES, value: share },
  ], ({ max_concurrency: most, count, per_seconds: seconds, fair_by: share }) => patch(path`/queues/${name}`, {
    max_concurrency: number(most), fair_by: share, rate_limit: number(count) === null ? null : { count: number(count), per_seconds: number(seconds) ?? 1 },
  }));
  if (!isDone) return;
  say(`Queue ${name} has new limits`);
  await reread();
}

export default listPage({
  title: 'Queues', path: '/queues', list: 'queues', key: ({ name }) => name, order: 'by name', follows: ({ queues }) => queues,
  columns: (query, queues) => [
    ['Queue', ({ name }) => link('/reminders', { queue: name }, name)],
    ['State', ({ paused, workers }) => paused ? badge('warn', 'paused') : workers ? badge('good', 'open') : badge('bad', 'no worker')],
    ['Ready', 'ready', 'number'],
    ['Running', ({ running, max_concurrency: bound }) => bound === null ? running : `${running} of ${bound}`, 'number'],
    ['Load', ({ ready, running }) => meter(ready + running, Math.max(...queues.map(({ ready, running }) => ready + running)))],
    ['Workers', 'workers', 'number'],
    ['Rate', ({ rate_limit: rate }) => rate ? `${rate.count} in ${rate.per_seconds} s` : soft('no bound')],
    ['Turns by', ({ fair_by: share }) => share === SHARES[0] ? soft(share) : share],
    ['Do', queue => may('administers') && [
      button(queue.paused ? 'Resume' : 'Pause', () => pause(queue), { class: 'small', 'data-act': queue.paused ? 'resume' : 'pause' }),
      button('Limits', () => limit(queue), { class: 'small', 'data-act': 'limits' })], 'do'],
  ],
  none: () => ['No queue has settings, work or workers', 'Any name that a reminder has as its queue is one; a worker takes from those in WORKER_QUEUES.'],
});
