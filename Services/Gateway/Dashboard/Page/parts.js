/** What pages are made of: tables, filters, badges, what is said instead of them. */

import { address, go, select, selectOnly, state } from './state.js';
import { badge, copy, el, soft } from './view.js';
import { text } from './time.js';

export { badge, soft };

/** Pixels below which the style sheet makes cards of tables. */
const NARROW = 900;
/** More are counted. */
const ALARMS = 10;

export const link = (path, query, ...children) => el('a', { href: address(path, query) }, children);

export const linkButton = (path, label, attributes) => el('a', { class: 'button', href: address(path), ...attributes }, label);

/** Texts of callers may be empty, or one long line. */
export const words = text => text === '' || text === null || text === undefined ? soft('–') : el('span', { class: 'words' }, String(text));

export const shortened = (text, length = 90) => {
  const whole = String(text ?? '');
  return whole.length > length ? el('span', { class: 'words', title: whole }, whole.slice(0, length) + '…') : words(whole);
};

/** Those for whom something is, each a way to all that is for them. */
export const whose = (path, { classroom_id: classroom, created_by: person }) => [
  classroom ? el('div', link(path, { classroom_id: classroom }, shortened(classroom, 40))) : null,
  person ? el('div', link(path, { created_by: person }, shortened(person, 40))) : null];

export const titleOf = reminder => reminder.description || reminder.notification_metadata?.title || reminder.task;

/** A reminder's title, with its task below. */
export const titled = (id, title, task) => [link(`/reminders/${id}`, {}, shortened(title)), el('br'), soft(el('code', task))];

export const optionsOf = values => values.map(value => el('option', { value }, value));

/** Of inputs in which browsers have nothing to offer or to correct. */
export const PLAIN = { autocomplete: 'off', spellcheck: 'false' };

export const button = (label, act, attributes = {}) => el('button', { type: 'button', onclick: act, ...attributes }, label);

export const copyButton = (text, what) => button('Copy', () => copy(text), { class: 'small', 'aria-label': `Copy ${what}` });

export function heading(title, ...acts) {
  return el('div', { class: 'heading' }, el('h1', title), el('div', { class: 'acts' }, acts));
}

export const section = (title, ...children) => el('section', el('h2', title), children);

export function facts(pairs) {
  return el('dl', { class: 'facts' }, pairs.filter(Boolean).map(([name, ...value]) => el('div', el('dt', name), el('dd', value))));
}

export function tile(name, value, kind, path, query) {
  return el('a', { class: `tile ${kind}`, href: address(path, query) }, el('strong', value), soft(name));
}

/** What an answer that is none says, whole. */
export function problemBox(problem, ...acts) {
  return el('div', { class: 'problem', role: 'alert' },
    el('h2', problem.status ? `${problem.status} ${problem.title}` : problem.title), el('p', problem.detail),
    problem.errors.length ? el('ul', problem.errors.map(error =>
      el('li', el('code', error.pointer ?? error.parameter ?? error.header ?? ''), ' ', error.detail))) : null,
    acts.length ? el('p', { class: 'acts' }, acts) : null);
}

/** What somebody should look at: its kind, a title, why, and the way there. */
export function alarmList(alarms) {
  const there = alarms.filter(Boolean);
  return there.length > 0 && el('ul', { class: 'alarms' },
    there.slice(0, ALARMS).map(([kind, title, why, way]) => el('li', { class: kind }, el('strong', title), ' ', el('span', why), ' ', way)),
    there.length > ALARMS && el('li', `and ${there.length - ALARMS} more`));
}

/** What stands where nothing is, and how to begin. */
export const empty = (title, ...children) => el('div', { class: 'empty' }, el('h2', title), el('p', children));

export const isFiltered = query => Object.keys(query).some(name => name !== 'cursor' && name !== 'limit');

/** A table, which becomes cards where it is narrow unless it is plain; columns are a name, what draws a row's cell, and its kind. */
export function table({ caption, columns, rows, key, picks, isPlain }) {
  const ids = rows.map(key);
  const chosen = ids.filter(id => state.selected.has(id)).length;
  const box = (label, checked, choose) => el('input', { type: 'checkbox', 'aria-label': label, checked, onchange: event => choose(event.target.checked) });
  const all = picks && box('Select all on this page', chosen > 0 && chosen === ids.length, isChosen => selectOnly(isChosen ? ids : []));
  if (all) all.indeterminate = chosen > 0 && chosen < ids.length;
  // The roles stay where cards take a table's display.
  const head = (kind, ...content) => el('th', { role: 'columnheader', scope: 'col', class: kind }, content);
  const cell = (kind, name, ...content) => el('td', { role: 'cell', class: kind, 'data-name': name }, content);
  return el('div', { class: isPlain ? 'scroll' : 'scroll cards' }, el('table', { role: 'table' },
    el('caption', { class: 'unseen' }, caption),
    el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, picks && head('pick', all), columns.map(([name, , kind]) => head(kind, name)))),
    el('tbody', { role: 'rowgroup' }, rows.map((row, index) => el('tr', { role: 'row', 'data-key': ids[index], tabindex: -1 },
      picks && cell('pick', null, box(`Select row ${index + 1}`, state.selected.has(ids[index]), isChosen => select(ids[index], isChosen))),
      columns.map(([name, draw, kind]) => cell(kind, name, el('div', draw(row)))))))));
}

/** Where a list stands, and the way to its other pages. */
export function pager(path, query, count, next, order) {
  const { cursor, ...rest } = query;
  return el('p', { class: 'pager' },
    soft(`${count}${cursor ? ' more' : ''}, ${order}, as of ${text(Math.floor(state.readAt / 1_000), undefined)}`),
    cursor ? link(path, rest, 'First page') : null,
    next ? el('a', { href: address(path, { ...rest, cursor: next }), rel: 'next' }, 'Next page') : null);
}

/** The filters of a list, each a parameter of its query. */
export function filters(path, query, fields) {
  const apply = event => {
    event.preventDefault();
    const values = new FormData(event.currentTarget.closest('form'));
    go(address(path, Object.fromEntries(fields.map(({ name, write = text => text.trim() }) => [name, write(values.get(name))]))));
  };
  const control = ({ name, options, read = text => text, write, ...attributes }) => {
    const value = read(query[name] ?? '');
    return options ? el('select', { name, value, onchange: apply }, el('option', { value: '' }, 'any'), optionsOf(options))
      : el('input', { type: 'search', ...PLAIN, name, value, maxlength: 200, onchange: write ? apply : null, ...attributes });
  };
  // Where there is little room they are put away until they are asked for.
  return el('details', { class: 'filtering', open: isFiltered(query) || innerWidth > NARROW }, el('summary', 'Filters'),
    el('form', { class: 'filters', role: 'search', onsubmit: apply },
      fields.map(({ label, ...field }) => el('label', el('span', label), control(field))),
      el('div', { class: 'acts' }, el('button', { type: 'submit' }, 'Filter'), isFiltered(query) ? link(path, {}, 'Clear') : null)));
}
