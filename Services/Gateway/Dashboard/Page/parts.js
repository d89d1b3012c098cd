/** What pages are made of: links, texts, badges, controls, tables, and what is said instead of them. */

import { address, change, selectOnly, state } from './state.js';
import { copy, el, soft } from './view.js';

export * from './view.js';

/** More are counted. */
const ALARMS = 10;
/** What can be seen of a text. */
const INK = /[\p{L}\p{N}\p{P}\p{S}]/u;
/** Of inputs in which browsers have nothing to offer or to correct. */
const PLAIN = { autocomplete: 'off', spellcheck: 'false' };

export const link = (path, query, ...children) => el('a', { href: address(path, query) }, children);

/** Callers' text, where it is long only its beginning, where it is none a dash; of what has no ink the codes. */
export function words(text, length = Infinity) {
  const whole = String(text ?? ''), isLong = whole.length > length, start = isLong ? whole.slice(0, length) : whole;
  return whole ? el('span.words', { title: isLong && whole },
    start.replace(INK.test(start) ? /[^\P{Cc}\n\t]/gu : /./gsu, character => `\\u{${character.codePointAt(0).toString(16)}}`), isLong && '…') : soft('–');
}

export const titleOf = reminder => reminder.description || reminder.notification_metadata?.title || reminder.task;

export const optionsOf = values => values.map(one => {
  const [value, label = value] = [one].flat();
  return el('option', { value }, label);
});

/** A label with what it labels: a choice of options, lines where it has `rows`, or an input. */
export const control = ({ label, options, kind, ...attributes }, ...children) => el('label', { class: kind }, el('span', label),
  options ? el('select', attributes, optionsOf(options)) : el(attributes.rows ? 'textarea' : 'input', { ...PLAIN, ...attributes }), children);

export const button = (label, act, attributes) => el('button', { type: 'button', onclick: act, ...attributes }, label);

export const copyButton = (text, what) => button('Copy', () => copy(text), { class: 'small', 'aria-label': `Copy ${what}` });

export const heading = (title, ...acts) => el('div.heading', el('h1', title), el('div.acts', acts));

export const section = (title, ...children) => el('section', el('h2', title), children);

export const facts = pairs => el('dl.facts', pairs.filter(Boolean).map(([name, ...value]) => el('div', el('dt', name), el('dd', value))));

/** What an answer that is none says, whole. */
export const problemBox = ({ status, title, detail, errors }, ...acts) => el('div.problem', { role: 'alert' },
  el('h2', status ? `${status} ${title}` : title), el('p', detail),
  errors.length > 0 && el('ul', errors.map(({ pointer, parameter, header, detail }) => el('li', el('code', pointer ?? parameter ?? header), ' ', detail))),
  acts.length > 0 && el('p.acts', acts));

/** What somebody should look at: its kind, a title, why, and the way there. */
export function alarmList(alarms) {
  const there = alarms.filter(Boolean);
  return there.length > 0 && el('ul.alarms',
    there.slice(0, ALARMS).map(([kind, title, why, way]) => el('li', { class: kind }, el('strong', title), ' ', el('span', why), ' ', way)),
    there.length > ALARMS && el('li', `and ${there.length - ALARMS} more`));
}

/** What stands where nothing is, and how to begin. */
export const empty = (title, ...children) => el('div.empty', el('h2', title), el('p', children));

/** A table below its title, or what is said where nothing is in it. */
export const tabled = (title, options, otherwise, ...children) => section(title, options.rows.length ? table({ caption: title, ...options }) : soft(otherwise), children);

/** What a column shows of a row. */
export const cellOf = (draw, row) => typeof draw === 'string' ? words(row[draw]) : draw(row);

/** A table, which becomes cards where it is narrow; columns are a name, a row's member or what draws its cell, and a kind. */
export function table({ caption, columns, rows, key = ({ id }) => id, picks }) {
  const ids = rows.map(key), { selected } = state;
  const chosen = ids.filter(id => selected.has(id)).length, isAll = chosen > 0 && chosen === ids.length;
  const box = (label, checked, choose) => el('input', { type: 'checkbox', 'aria-label': label, checked, onchange: event => choose(event.target.checked) });
  const select = id => isChosen => {
    selected[isChosen ? 'add' : 'delete'](id);
    change({});
  };
  const all = picks && box('Select all on this page', isAll, isChosen => selectOnly(isChosen ? ids : []));
  if (all) all.indeterminate = chosen > 0 && !isAll;
  // The roles stay where cards take a table's display.
  const head = (kind, content) => el('th', { role: 'columnheader', scope: 'col', class: kind }, content);
  const cell = (kind, name, content) => el('td', { role: 'cell', class: kind, 'data-name': name }, content);
  return el('div.cards', el('table', { role: 'table' },
    el('caption.unseen', caption),
    el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, picks && head('pick', all), columns.map(([name, , kind]) => head(kind, name)))),
    el('tbody', { role: 'rowgroup' }, rows.map((row, index) => el('tr', { role: 'row', 'data-key': ids[index], tabindex: -1 },
      picks && cell('pick', null, box(`Select row ${index + 1}`, selected.has(ids[index]), select(ids[index]))),
      columns.map(([name, draw, kind]) => cell(kind, name, el('div', cellOf(draw, row)))))))));
}
