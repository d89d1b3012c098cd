/** What the lists of occurrences that wait for a person have in common: dead letters, and those held. */

import { get, walk } from './api.js';
import { remember } from './state.js';
import { badge, section, shortened, soft, table, titled } from './parts.js';
import { time } from './time.js';

/** Of the latest. */
const GROUPED = 1_000;
/** How long groups are good where the page is the same. */
const GROUPS_MS = 60_000;

const FIELDS = [
  { name: 'created_by', label: 'Person' }, { name: 'classroom_id', label: 'Classroom' }, { name: 'reminder_id', label: 'Reminder' },
  { name: 'queue', label: 'Queue' }, { name: 'task', label: 'Task' },
];

/** What loads the page that the query names, and the latest that match, to be grouped: anew where the page is another. */
const loading = (path, list) => async ({ query, first }) => {
  const { cursor, limit, ...filter } = query;
  const { [list]: items, next_cursor: next } = await get(path, query);
  first({ items, next, latest: { items, more: next !== null } });
  const key = [path, location.search, Math.floor(Date.now() / GROUPS_MS), ...items.map(({ id, since }) => id + since)].join(' ');
  return { items, next, latest: await remember(key, () => walk(path, list, filter, { limit: GROUPED })) };
};

/** A table of the groups with the same key, the largest first; a row has its `key` and `all` of it. */
function groups(title, { latest }, keyOf, columns) {
  const rows = [...Map.groupBy(latest.items, keyOf)].map(([key, all]) => ({ key, all })).sort((one, other) => other.all.length - one.all.length);
  return section(title, table({ caption: title, rows, key: ({ key }) => `group ${key}`, columns }), latest.more ? soft(`Of the latest ${latest.items.length}.`) : null);
}

const why = ({ outcome, status_code: status, detail }) => [badge('bad', outcome), ' ', status ?? '', ' ', shortened(detail, 200)];

const columns = [
  ['Reminder', one => titled(one.reminder_id, one.description || one.reminder_id, one.task), 'wide'],
  ['Due', ({ scheduled_at: at }) => time(at)],
  ['Why', why, 'wide'],
  ['Attempts', ({ attempts_made: made }) => made, 'number'],
];

export default { FIELDS, loading, groups, why, columns };
