/** Columns that several pages have: a name, a row's member or what draws its cell, and a kind. Their links lead to what is like the row, on the page that is shown. */

import { address, may, state } from './state.js';
import { actButtons } from './acts.js';
import { badge, el, link, soft, words } from './parts.js';
import { duration, fromNow, time } from './time.js';

const like = (query, ...children) => link(state.page.path, { state: state.query.state, ...query }, children);

/** How a reminder is made; what is said where there is none. */
export const creating = () => may('changes') && el('a.button.main', { href: address('/reminders/new') }, 'New reminder');
export const beginning = () => ['There are no reminders yet', may('changes') ? [link('/reminders/new', {}, 'Create the first one'), ', or send it to '] : 'The first is sent to ',
  el('code', 'POST /remind_me'), ': see ', el('code', '/docs'), ' of the API.'];

/** How the states of reminders are marked; one without a mark is over. */
export const STATES = { scheduled: 'good', paused: 'warn', completed: '', cancelled: '' };

/** A reminder's title, with its task below. */
export const titled = (id, title, task) => [link(`/reminders/${id}`, {}, words(title, 90)), el('br'), soft(el('code', task))];

/** Those for whom something is. */
export const whose = ['For', ({ classroom_id: classroom, created_by: person }) => [
  classroom && el('div', like({ classroom_id: classroom }, words(classroom, 40))), person && el('div', like({ created_by: person }, words(person, 40)))], 'rule'];

/** Of occurrences. */
export const reminder = ['Reminder', one => titled(one.reminder_id, one.description || one.reminder_id, one.task), 'wide'];
export const queue = ['Queue', ({ queue }) => like({ queue }, queue)];
export const due = ['Due', ({ scheduled_at: at }) => time(at)];
export const attempt = ['Try', ({ attempt }) => attempt > 1 ? badge('warn', attempt) : attempt, 'number'];
export const since = ['Since', ({ since_ms: at }) => fromNow(at / 1_000), 'number'];
export const lease = ['Lease left', ({ lease_ms: left }) => left === null ? '–' : duration(left / 1_000), 'number'];
export const occurrenceDo = ['Do', ({ id }) => actButtons(['callOff'], [id]), 'do'];

/** Of workers. */
const WORKER_STATES = { attached: 'good', detached: 'bad' };
export const workerLink = instance => link(`/workers/${encodeURIComponent(instance)}`, {}, words(instance, 60));
export const worker = ['Worker', ({ instance }) => workerLink(instance), 'wide'];
export const standing = ['State', ({ state, reason }) => [badge(WORKER_STATES[state] ?? 'warn', state), reason && soft(' ', reason)]];
export const load = ['Running', ({ running, concurrency }) => concurrency ? `${running} of ${concurrency}` : running, 'number'];
export const version = ['Version', 'version'], finished = ['Finished', 'finished', 'number'], failed = ['Failed', 'failed', 'number'];
