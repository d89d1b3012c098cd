/** The list of reminders with every filter of the API's. */

import { get } from './api.js';
import { may, state } from './state.js';
import { el } from './view.js';
import { actButtons, bulkBar } from './acts.js';
import { badge, empty, filters, heading, isFiltered, link, linkButton, pager, shortened, soft, table, titled, titleOf, whose } from './parts.js';
import { chosenZone, instant, time, wall } from './time.js';

const STATES = ['scheduled', 'paused', 'completed', 'cancelled'];
const KINDS = { scheduled: 'good', paused: 'warn', completed: '', cancelled: '' };

const due = {
  type: 'datetime-local', step: 1,
  read: seconds => /^-?\d+$/.test(seconds) ? wall(Number(seconds), chosenZone()) : '',
  write: shown => shown ? String(instant(shown, chosenZone()) ?? '') : '',
};
const FIELDS = [
  { name: 'description', label: 'Description holds' },
  { name: 'state', label: 'State', options: STATES },
  { name: 'queue', label: 'Queue' },
  { name: 'task', label: 'Task' },
  { name: 'classroom_id', label: 'Classroom' },
  { name: 'created_by', label: 'Person' },
  { name: 'due_after', label: 'Due from', ...due },
  { name: 'due_before', label: 'Due before', ...due },
];

function stateOf(reminder) {
  return [
    badge(KINDS[reminder.state], reminder.state),
    reminder.held_since !== null ? badge('bad', 'held') : null,
    reminder.occurrences.dead ? badge('bad', `${reminder.occurrences.dead} dead`) : null,
    reminder.occurrences.retrying ? badge('warn', `${reminder.occurrences.retrying} retrying`) : null,
    reminder.state === 'scheduled' && !reminder.served ? badge('bad', 'no worker') : null,
  ];
}

const columns = [
  ['Reminder', reminder => titled(reminder.id, titleOf(reminder), reminder.task), 'wide'],
  ['State', stateOf],
  ['Next', ({ next_fire_at: next, timezone }) => time(next, timezone)],
  ['Repeats', ({ rrule }) => rrule ? el('code', shortened(rrule.replace(/^RRULE:/, ''), 60)) : soft('once'), 'rule'],
  ['Queue', ({ queue }) => link('/reminders', { queue }, queue)],
  ['For', reminder => whose('/reminders', reminder.notification_metadata ?? reminder), 'rule'],
];

function draw({ data, query, selected }) {
  const { reminders, next_cursor: next } = data;
  const order = query.due_after || query.due_before ? 'the soonest first' : 'the newest first';
  return [
    heading('Reminders', may('changes') && linkButton('/reminders/new', 'New reminder', { class: 'button main' })),
    filters('/reminders', query, FIELDS),
    reminders.length ? [
      bulkBar(['pause', 'resume', 'run', 'cancel'], selected, { path: '/reminders', list: 'reminders', query }),
      table({ caption: 'Reminders', columns: [...columns, ['Do', reminder => actButtons(actsFor(reminder), [reminder.id]), 'do']], rows: reminders, key: ({ id }) => id, picks: true }),
    ] : next ? empty('None so far', 'A page looks at 10,000 reminders at most, and among these none matches. The next page looks further.')
      : isFiltered(query) ? empty('No reminder matches', link('/reminders', {}, 'Show all'), ' or change the filters.')
        : query.cursor ? empty('There are no more', link('/reminders', {}, 'To the first page'), '.')
          : empty('There are no reminders yet', may('changes') ? link('/reminders/new', {}, 'Create the first one') : 'Somebody who may create them can do so here', '.'),
    pager('/reminders', query, reminders.length, next, order),
  ];
}

const actsFor = ({ state }) => ({ scheduled: ['pause'], paused: ['resume'] }[state] ?? []);

export default { title: () => 'Reminders', load: ({ query }) => get('/reminders', query), draw };
