/** Pages that show a list of the API's: its filters, what can be done to many, its rows, and the way to the other pages of it. */

import { get } from './api.js';
import { address, go } from './state.js';
import { bulkBar } from './acts.js';
import { control, el, empty, heading, link, section, soft, table } from './parts.js';
import { chosenZone, text } from './time.js';

/** Pixels below which the style sheet makes cards of tables. */
const NARROW = 900;

/** The filters of reminders, and of what belongs to them. */
export const REMINDER_FIELDS = [{ name: 'created_by', label: 'Person' }, { name: 'classroom_id', label: 'Classroom' }, { name: 'queue', label: 'Queue' }, { name: 'task', label: 'Task' }];
export const FIELDS = [...REMINDER_FIELDS, { name: 'reminder_id', label: 'Reminder' }];

/** The filters, each a parameter of the query. */
function filters(path, query, fields, isFiltered) {
  const apply = event => {
    event.preventDefault();
    const values = new FormData(event.currentTarget.closest('form'));
    go(address(path, { ...query, cursor: '', ...Object.fromEntries(fields.map(({ name, write = text => text.trim() }) => [name, write(values.get(name))])) }));
  };
  // Where there is little room they are put away until they are asked for.
  return el('details.filtering', { open: isFiltered || innerWidth > NARROW }, el('summary', 'Filters'), el('form.filters', { role: 'search', onsubmit: apply },
    fields.map(({ options, read = text => text, write, ...field }) => control({ ...!options && { type: 'search', maxlength: 200 }, ...field, value: read(query[field.name] ?? ''),
      options: options && [['', 'any'], ...options], onchange: (options || write) && apply })),
    el('div.acts', el('button', { type: 'submit' }, 'Filter'), isFiltered && link(path, {}, 'Clear'))));
}

const made = (value, ...given) => typeof value === 'function' ? value(...given) : value;

/**
 * A page of the table of pages. Its `columns`, `picks` and `order` may depend on the query, and the columns on the rows.
 * @param list the member of the API's answer; `load` where that is not enough, `defaults` of the query
 * @param picks what can be done to those selected, or to all that match
 * @param order what is said of it
 * @param groups what stands above the rows, given the data
 * @param none what is said where there is none at all, and how to begin
 */
export function listPage({ title, path, list, load, defaults, fields = [], picks = [], columns, key, order, tabs, groups, above, none, ...rest }) {
  function draw({ data, query, selected, readAt }) {
    const { [list]: rows, next_cursor: next } = data, { cursor, ...filter } = query, acts = made(picks, query), isFiltered = fields.some(({ name }) => query[name]);
    const drawn = () => [
      acts.length > 0 && bulkBar(acts, selected, { path, list, query: { ...defaults, ...query } }),
      table({ caption: title, columns: made(columns, query, rows), rows, key, picks: acts.length > 0 }),
    ];
    return [
      heading(title, above?.()), tabs?.(query), fields.length > 0 && filters(path, query, fields, isFiltered),
      rows.length ? groups ? [groups(data, query), section('One by one', drawn())] : drawn()
        : next ? empty('None so far', 'A page looks at some thousands at most, and among these none matches. The next page looks further.')
          : isFiltered ? empty('None matches', link(path, {}, 'Show all'), ' or change the filters.')
            : cursor ? empty('There are no more', link(path, {}, 'To the first page'), '.') : empty(...none(query)),
      el('p.pager', soft(`${rows.length}${cursor ? ' more' : ''}, ${made(order, query)}, as of ${text(readAt / 1_000, chosenZone())}`),
        cursor && link(path, filter, 'First page'), next && el('a', { href: address(path, { ...query, cursor: next }), rel: 'next' }, 'Next page')),
    ];
  }
  return { title: () => title, load: load ?? (({ query }) => get(path, { ...defaults, ...query })), draw, ...rest };
}
