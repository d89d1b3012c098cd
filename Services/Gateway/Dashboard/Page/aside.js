/** What waits for a person: dead letters by their reason, and those held by the person whose credential was refused. */

import { get, sweep, walk } from './api.js';
import { may, remember } from './state.js';
import { actAllButtons, actButtons, settle } from './acts.js';
import * as columns from './columns.js';
import { fill } from './dialogs.js';
import { FIELDS, listPage } from './list.js';
import { badge, button, copyButton, el, link, soft, tabled, words } from './parts.js';
import { time } from './time.js';

/** Of the latest; how long groups are good where the page is the same. */
const GROUPED = 1_000, GROUPS_MS = 60_000;
const DEAD = { path: '/dead-letters', list: 'dead_letters' };

const firstLine = ({ detail }) => detail.split('\n')[0];
/** What makes two dead letters the same trouble. */
const reason = letter => JSON.stringify([letter.outcome, letter.status_code, letter.task, firstLine(letter)]);
const why = ({ outcome, status_code: status, detail }) => [badge('bad', outcome), ' ', !detail.includes(status) && [status, ' '], words(detail, 200)];
const missed = all => (all.some(({ missed }) => missed?.at_least) ? 'at least ' : '') + all.reduce((sum, { missed }) => sum + Number(missed?.count ?? 0), 0);

/** A list of what is set aside, whose latest are grouped by `keyOf`, the largest group first; a group's row has its `key` and `all` of it. */
const asideList = ({ path, list, grouped, keyOf, groupColumns, column, acts, ...rest }) => listPage({
  ...rest, path, list, fields: FIELDS, order: 'the latest first',
  columns: [columns.reminder, columns.due, ['Why', why, 'wide'], ['Attempts', 'attempts_made', 'number'], column, ['Do', ({ id }) => actButtons(acts, [id]), 'do']],
  load: async ({ query, first }) => {
    const { cursor, limit, ...filter } = query, page = await get(path, query), items = page[list];
    first({ ...page, latest: { items, more: page.next_cursor !== null } });
    const key = [path, location.search, Math.floor(Date.now() / GROUPS_MS), ...items.map(({ id, since }) => id + since)].join(' ');
    return { ...page, latest: await remember(key, () => walk(path, list, filter, GROUPED)) };
  },
  groups: ({ latest }, query) => tabled(grouped, {
    columns: groupColumns(query), key: ({ key }) => `group ${key}`,
    rows: [...Map.groupBy(latest.items, keyOf)].map(([key, all]) => ({ key, all })).sort((one, other) => other.all.length - one.all.length),
  }, '', latest.more && soft(`Of the latest ${latest.items.length}.`)),
});

export const dead = asideList({
  ...DEAD, title: 'Dead letters', count: 'dead', grouped: 'By reason', keyOf: reason, picks: ['replay', 'discard'], acts: ['replay', 'discard'],
  groupColumns: query => [
    ['Count', ({ all }) => el('strong', all.length), 'number'],
    ['Reason', ({ all: [letter] }) => why({ ...letter, detail: firstLine(letter) }), 'wide'],
    ['Task', ({ all: [{ task }] }) => link(DEAD.path, { task }, el('code', task))],
    ['Latest', ({ all: [{ since }] }) => time(since)],
    // Those too that are not among the latest.
    ['Do', ({ key, all: [letter] }) => actAllButtons(['replay', 'discard'],
      { ...DEAD, query, wanted: one => reason(one) === key, described: `task = ${letter.task}, reason = ${letter.outcome} ${firstLine(letter)}` }), 'do'],
  ],
  column: columns.whose,
  none: () => ['There are no dead letters', 'What cannot be delivered within its time, or is refused for good, comes here with its reason, and can be replayed.'],
});

async function release(person) {
  let total = 0;
  await settle(await fill(`Release what is held of ${person}`, 'Release',
    [{ name: 'auth_header', label: 'New Authorization header', type: 'password', required: true, autofocus: true, placeholder: 'Bearer …' }],
    values => sweep('/held/release', { created_by: person, ...values }, 'released', count => { total += count; }),
    el('p', 'Every held reminder of this person gets it and goes on; what was missed is fired as each misfire policy says. It is sealed, and never shown.')),
  () => `${total} released`);
}

export const held = asideList({
  path: '/held', list: 'held', title: 'Held', count: 'held', grouped: 'By person', keyOf: ({ created_by: person }) => person, acts: ['replayHeld', 'discardHeld'],
  groupColumns: () => [
    ['Person', ({ key }) => key ? [link('/held', { created_by: key }, words(key, 60)), ' ', copyButton(key, 'the person')] : words(''), 'wide'],
    ['Reminders', ({ all }) => new Set(all.map(({ reminder_id: id }) => id)).size, 'number'],
    ['Missed', ({ all }) => missed(all), 'number'],
    ['Since', ({ all }) => time(Math.min(...all.map(({ since }) => since)))],
    ['Do', ({ key }) => key && may('operates') && button('New credential', () => release(key), { class: 'small', 'data-act': 'release' }), 'do'],
  ],
  column: ['Missed', held => missed([held]), 'number'],
  none: () => ['Nothing is held', 'When a backend refuses a reminder’s credential (401 or 403), its series waits here for a new one.'],
});
