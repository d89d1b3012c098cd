/** What runs, is ready, and is tried again, one occurrence after the other. */

import { address } from './state.js';
import * as columns from './columns.js';
import { FIELDS, listPage } from './list.js';
import { el, link } from './parts.js';
import { time } from './time.js';

const PATH = '/occurrences';

/** How the occurrences of a state are listed, what is said where there are none, and what there is to know of one. */
const STATES = {
  running: ['the longest running first', 'Nothing runs', [['Worker', ({ worker }) => worker && columns.workerLink(worker), 'wide'], columns.since, columns.lease]],
  ready: ['the longest ready first', 'Nothing waits for a worker', [columns.since]],
  retrying: ['the next try first', 'Nothing waits for another try', [['Next try', ({ next_try_ms: at }) => time(at / 1_000)]]],
};
const [FIRST] = Object.keys(STATES);

const stateOf = ({ state }) => Object.hasOwn(STATES, state) ? state : FIRST;

const tabs = query => el('div.tabs', { role: 'group', 'aria-label': 'State' },
  Object.keys(STATES).map(state => el('a', { href: address(PATH, { ...query, cursor: '', state }), 'aria-current': state === stateOf(query) && 'true' }, state)),
  link('/held', {}, 'held'), link('/dead-letters', {}, 'dead'));

export default listPage({
  title: 'Occurrences', path: PATH, list: 'occurrences', fields: FIELDS, tabs, defaults: { state: FIRST }, picks: ['callOff'],
  columns: query => [columns.reminder, columns.queue, columns.due, columns.attempt, ...STATES[stateOf(query)][2], columns.whose, columns.occurrenceDo],
  order: query => STATES[stateOf(query)][0],
  follows: ({ counts }) => counts,
  none: query => [STATES[stateOf(query)][1], 'What is due later is among the ', link('/reminders', { state: 'scheduled' }, 'reminders'), '.'],
});
