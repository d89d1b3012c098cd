/** What the lists of occurrences that wait for a person have in common: dead letters, and those held. */

import { get, walk } from './api.js';
import { badge, section, shortened, soft, table, titled } from './parts.js';
import { time } from './time.js';

/** Of the latest. */
const GROUPED = 1_000;

const FIELDS = [
  { name: 'created_by', label: 'Person' }, { name: 'classroom_id', label: 'Classroom' }, { name: 'reminder_id', label: 'Reminder' },
  { name: 'queue', label: 'Queue' }, { name: 'task', label: 'Task' },
];

/** The page that the query names, and the latest that match, to be grouped. */
async function load(path, list, query) {
  const { cursor, limit, ...filter } = query;
  const [page, latest] = await Promise.all([get(path, query), walk(path, list, filter, { limit: GROUPED })]);
  return { items: page[list], next: page.next_cursor, latest };
}

/** A table of the groups with the same key, the largest first; a row has its `key` and `all` of it. */
function groups(title, { latest }, keyOf, columns) {
  const rows = [...Map.groupBy(latest.items, keyOf)].map(([key, all]) => ({ key, all })).sort((one, other) => other.all.length - one.all.length);
  return section(title, table({ caption: title, rows, key: ({ key }) => `group ${key}`, columns }), latest.more ? soft(`Of the latest ${GROUPED}.`) : null);
}

const why = ({ outcome, status_code: status, detail }) => [badge('bad', outcome), ' ', status ?? '', ' ', shortened(detail, 200)];

const columns = [
  ['Reminder', one => titled(one.reminder_id, one.description || one.reminder_id, one.task), 'wide'],
  ['Due', ({ scheduled_at: at }) => time(at)],
  ['Why', why, 'wide'],
  ['Attempts', ({ attempts_made: made }) => made, 'number'],
];

export default { FIELDS, load, groups, why, columns };
