/** The list of reminders with every filter of the API's. */

import { actButtons } from './acts.js';
import { beginning, creating, queue, STATES, titled, whose } from './columns.js';
import { listPage, REMINDER_FIELDS } from './list.js';
import { badge, el, soft, titleOf, words } from './parts.js';
import { chosenZone, instant, time, wall } from './time.js';

const ACTS = { scheduled: ['pause'], paused: ['resume'] };

const due = {
  type: 'datetime-local', step: 1,
  read: seconds => /^-?\d+$/.test(seconds) ? wall(Number(seconds), chosenZone()) : '',
  write: shown => shown && String(instant(shown, chosenZone()) ?? ''),
};

const stateOf = ({ state, held_since: held, occurrences: { dead, retrying }, served }) => [
  badge(STATES[state], state), held !== null && badge('bad', 'held'), dead > 0 && badge('bad', `${dead} dead`),
  retrying > 0 && badge('warn', `${retrying} retrying`), state === 'scheduled' && !served && badge('bad', 'no worker'),
];

export default listPage({
  title: 'Reminders', path: '/reminders', list: 'reminders',
  fields: [
    { name: 'description', label: 'Description holds' }, { name: 'state', label: 'State', options: Object.keys(STATES) }, ...REMINDER_FIELDS,
    { name: 'due_after', label: 'Due from', ...due }, { name: 'due_before', label: 'Due before', ...due },
  ],
  picks: ['pause', 'resume', 'run', 'cancel'],
  columns: [
    ['Reminder', reminder => titled(reminder.id, titleOf(reminder), reminder.task), 'wide'],
    ['State', stateOf],
    ['Next', ({ next_fire_at: next, timezone }) => time(next, timezone)],
    ['Repeats', ({ rrule }) => rrule ? el('code', words(rrule.replace(/^RRULE:/, ''), 60)) : soft('once'), 'rule'],
    queue,
    [whose[0], reminder => whose[1](reminder.notification_metadata ?? reminder), whose[2]],
    ['Do', ({ id, state }) => actButtons(ACTS[state] ?? [], [id]), 'do'],
  ],
  order: query => query.due_after || query.due_before ? 'the soonest first' : 'the newest first',
  above: creating, none: beginning,
});
