/** Those whose credential was refused, by the person whose it is. */

import { sweep } from './api.js';
import { may, reread } from './state.js';
import { el, say } from './view.js';
import { actButtons } from './acts.js';
import { fill } from './dialogs.js';
import { button, copyButton, empty, filters, heading, isFiltered, link, pager, section, shortened, table, words } from './parts.js';
import { time } from './time.js';
import aside from './aside.js';

async function release(person) {
  const answer = await fill(`Release what is held of ${person}`, 'Release',
    [{ name: 'auth_header', label: 'New Authorization header', type: 'password', required: true, autofocus: true, placeholder: 'Bearer …' }],
    async ({ auth_header: credential }) => {
      const swept = await sweep('/held/release', { created_by: person, auth_header: credential }, 'released');
      if (swept.problem) throw swept.problem;
      return swept;
    },
    el('p', 'Every held reminder of this person gets it and goes on; what was missed is fired as each misfire policy says. It is sealed, and never shown.'));
  if (!answer) return;
  say(`${answer.total} released`);
  await reread();
}

const missed = all => (all.some(({ missed }) => missed?.at_least) ? 'at least ' : '') + all.reduce((sum, { missed }) => sum + Number(missed?.count ?? 0), 0);

const groupColumns = [
  ['Person', ({ key }) => key ? [link('/held', { created_by: key }, shortened(key, 60)), ' ', copyButton(key, 'the person')] : words(''), 'wide'],
  ['Reminders', ({ all }) => String(new Set(all.map(({ reminder_id: id }) => id)).size), 'number'],
  ['Missed', ({ all }) => missed(all), 'number'],
  ['Since', ({ all }) => time(Math.min(...all.map(({ since }) => since)))],
  ['Do', ({ key }) => key && may('operates') ? button('New credential', () => release(key), { class: 'small', 'data-act': 'release' }) : null, 'do'],
];

const columns = [
  ...aside.columns,
  ['Missed', held => missed([held]), 'number'],
  ['Do', ({ id }) => actButtons(['replayHeld', 'discardHeld'], [id]), 'do'],
];

function draw({ data, query }) {
  const { items, next } = data;
  return [
    heading('Held'),
    filters('/held', query, aside.FIELDS),
    items.length ? [
      aside.groups('By person', data, ({ created_by: person }) => person, groupColumns),
      section('One by one', table({ caption: 'Held occurrences', columns, rows: items, key: ({ id }) => id })),
    ] : isFiltered(query) ? empty('Nothing held matches', link('/held', {}, 'Show all'), '.')
      : empty('Nothing is held', 'When a backend refuses a reminder’s credential (401 or 403), its series waits here for a new one.'),
    pager('/held', query, items.length, next, 'the latest first'),
  ];
}

export default { title: () => 'Held', load: aside.loading('/held', 'held'), draw };
