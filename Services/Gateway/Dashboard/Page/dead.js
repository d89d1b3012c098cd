/** What was given up: by reason first, then one by one. */

import { may } from './state.js';
import { el } from './view.js';
import { actButtons, bulkBar } from './acts.js';
import { empty, filters, heading, isFiltered, link, pager, section, table, whose } from './parts.js';
import { time } from './time.js';
import aside from './aside.js';

const ACTS = ['replay', 'discard'];

/** What makes two dead letters the same trouble. */
const reason = letter => JSON.stringify([letter.outcome, letter.status_code, letter.task, letter.detail.split('\n')[0]]);

const groupColumns = [
  ['Count', ({ all }) => el('strong', all.length), 'number'],
  ['Reason', ({ all }) => aside.why({ ...all[0], detail: all[0].detail.split('\n')[0] }), 'wide'],
  ['Task', ({ all: [{ task }] }) => link('/dead-letters', { task }, el('code', task))],
  ['Latest', ({ all: [{ since }] }) => time(since)],
  ['Do', ({ all }) => actButtons(ACTS, all.map(({ id }) => id)), 'do'],
];

const columns = [
  ...aside.columns,
  ['For', letter => whose('/dead-letters', letter), 'rule'],
  ['Do', ({ id }) => actButtons(ACTS, [id]), 'do'],
];

function draw({ data, query, selected }) {
  const { items, next } = data;
  return [
    heading('Dead letters'),
    filters('/dead-letters', query, aside.FIELDS),
    items.length ? [
      aside.groups('By reason', data, reason, groupColumns),
      section('One by one', may('operates') ? bulkBar(ACTS, selected, { path: '/dead-letters', list: 'dead_letters', query }) : null,
        table({ caption: 'Dead letters', columns, rows: items, key: ({ id }) => id, picks: true })),
    ] : isFiltered(query) ? empty('No dead letter matches', link('/dead-letters', {}, 'Show all'), '.')
      : empty('There are no dead letters', 'What cannot be delivered within its time, or is refused for good, comes here with its reason, and can be replayed.'),
    pager('/dead-letters', query, items.length, next, 'the latest first'),
  ];
}

export default { title: () => 'Dead letters', load: aside.loading('/dead-letters', 'dead_letters'), draw };
