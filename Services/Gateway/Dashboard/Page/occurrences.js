/** What runs, is ready, and is tried again, one occurrence after the other. */

import { address } from './state.js';
import { FIELDS, listPage } from './list.js';
import { badge, el, link, titled, whose, workerLink } from './parts.js';
import { duration, fromNow, time } from './time.js';

const PATH = '/occurrences';
const since = ({ since_ms: at }) => fromNow(at / 1_000);

/** How the occurrences of a state are listed, what is said where there are none, and what there is to know of one. */
const STATES = {
  running: ['the longest running first', 'Nothing runs', [
    ['Worker', ({ worker }) => worker && workerLink(worker)],
    ['Has it', since, 'number'], ['Lease left', ({ lease_ms: left }) => left === null ? '–' : duration(left / 1_000), 'number'],
  ]],
  ready: ['the longest ready first', 'Nothing waits for a worker', [['Waits', since, 'number']]],
  retrying: ['the next try first', 'Nothing waits for another try', [
    ['Next try', ({ next_try_ms: at }) => at === null ? badge('good', 'runs') : time(Math.floor(at / 1_000))],
  ]],
};
const [FIRST] = Object.keys(STATES);

const stateOf = ({ state }) => Object.hasOwn(STATES, state) ? state : FIRST;

const tabs = query => el('div.tabs', { role: 'group', 'aria-label': 'State' },
  Object.keys(STATES).map(state => el('a', { href: address(PATH, { ...query, cursor: '', state }), 'aria-current': state === stateOf(query) && 'true' }, state)),
  link('/held', {}, 'held'), link('/dead-letters', {}, 'dead'));

export default listPage({
  title: 'Occurrences', path: PATH, list: 'occurrences', fields: FIELDS, tabs, defaults: { state: FIRST },
  columns: query => [
    ['Reminder', one => titled(one.reminder_id, one.description || one.reminder_id, one.task), 'wide'],
    ['Queue', ({ queue }) => link(PATH, { ...query, queue }, queue)],
    ['Due', ({ scheduled_at: at }) => time(at)],
    ['Try', ({ attempt }) => attempt > 1 ? badge('warn', attempt) : attempt, 'number'],
    ...STATES[stateOf(query)][2],
    ['For', one => whose(PATH, one), 'rule'],
  ],
  order: query => STATES[stateOf(query)][0],
  follows: ({ counts }) => counts,
  none: query => [STATES[stateOf(query)][1], 'What is due later is among the ', link('/reminders', { state: 'scheduled' }, 'reminders'), '.'],
});
