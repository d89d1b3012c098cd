/** Queues: what waits and runs in each, and how it is worked off. */

import { get, patch, path, problemOf } from './api.js';
import { may, reread } from './state.js';
import { say } from './view.js';
import { fill, tellProblem } from './dialogs.js';
import { meter } from './charts.js';
import { badge, button, empty, heading, link, pager, soft, table } from './parts.js';

/** The first is what a queue has without a setting. */
const SHARES = ['caller', 'created_by', 'classroom_id', 'none'];

const number = text => text.trim() === '' ? null : Number(text);

async function pause(queue) {
  try {
    await patch(path`/queues/${queue.name}`, { paused: !queue.paused });
    say(`Queue ${queue.name} ${queue.paused ? 'goes on' : 'is paused'}`);
  } catch (problem) {
    await tellProblem(`Queue ${queue.name} was not changed`, problemOf(problem));
  }
  await reread();
}

async function limit(queue) {
  const isDone = await fill(`Limits of ${queue.name}`, 'Save', [
    { name: 'max_concurrency', label: 'Running at once, all workers together; empty: no bound', inputmode: 'numeric', value: queue.max_concurrency },
    { name: 'count', label: 'Dispatches; empty: no bound', inputmode: 'numeric', value: queue.rate_limit?.count },
    { name: 'per_seconds', label: 'in so many seconds', inputmode: 'numeric', value: queue.rate_limit?.per_seconds ?? 1 },
    { name: 'fair_by', label: 'Each has its turn', options: SHARES, value: queue.fair_by },
  ], values => patch(path`/queues/${queue.name}`, {
    max_concurrency: number(values.max_concurrency), fair_by: values.fair_by,
    rate_limit: number(values.count) === null ? null : { count: number(values.count), per_seconds: number(values.per_seconds) ?? 1 },
  }));
  if (!isDone) return;
  say(`Queue ${queue.name} has new limits`);
  await reread();
}

function draw({ data, query }) {
  const { queues, next_cursor: next } = data;
  const most = Math.max(1, ...queues.map(({ ready, running }) => ready + running));
  const columns = [
    ['Queue', ({ name }) => link('/reminders', { queue: name }, name)],
    ['State', ({ paused, workers }) => paused ? badge('warn', 'paused') : workers ? badge('good', 'open') : badge('bad', 'no worker')],
    ['Ready', ({ ready }) => ready, 'number'],
    ['Running', ({ running, max_concurrency: bound }) => bound === null ? running : `${running} of ${bound}`, 'number'],
    ['Load', ({ ready, running }) => meter(ready + running, most)],
    ['Workers', ({ workers }) => workers, 'number'],
    ['Rate', ({ rate_limit: rate }) => rate ? `${rate.count} in ${rate.per_seconds} s` : soft('no bound')],
    ['Turns by', ({ fair_by: share }) => share === SHARES[0] ? soft(share) : share],
    ['Do', queue => may('administers') ? [
      button(queue.paused ? 'Resume' : 'Pause', () => pause(queue), { class: 'small', 'data-act': queue.paused ? 'resume' : 'pause' }),
      button('Limits', () => limit(queue), { class: 'small', 'data-act': 'limits' })] : null, 'do'],
  ];
  return [
    heading('Queues'),
    queues.length ? table({ caption: 'Queues', columns, rows: queues, key: ({ name }) => name })
      : empty('No queue has settings, work or workers', 'Any name that a reminder has as its queue is one; a worker takes from those in WORKER_QUEUES.'),
    pager('/queues', query, queues.length, next, 'by name'),
  ];
}

export default { title: () => 'Queues', load: ({ query }) => get('/queues', query), draw };
