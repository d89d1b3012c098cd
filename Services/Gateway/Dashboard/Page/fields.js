/** The fields of a reminder: where each is in a body, and how it is typed, read and written. */

import { Exact, parse, stringify } from './json.js';
import { instant, wall } from './time.js';

const kind = (kind, read = text => text, write = value => value ?? '') => ({ kind, read, write });
const maybe = read => (text, zone) => text.trim() === '' ? null : read(text, zone);
const lined = text => text.split('\n').map(line => line.trim()).filter(Boolean);
const isWhole = text => /^-?\d+$/.test(text.trim());
const number = text => Number.isSafeInteger(Number(text)) ? Number(text) : new Exact(text.trim());

const words = kind(''), long = kind('lines'), secret = kind('secret');
const rule = kind('lines', maybe(text => text.trim()));
// What cannot be read goes as it is: the API says what is wrong with it.
const whole = kind('number', maybe(text => isWhole(text) ? number(text) : text), value => String(value ?? ''));
const lines = kind('lines', lined, value => (value ?? []).join('\n'));
const json = kind('json', parse, value => stringify(value, 2));
const item = kind('', text => text.trimStart().startsWith('[') ? parse(text) : text, value => Array.isArray(value) ? stringify(value) : value ?? '');
const moment = kind('moment', maybe((text, zone) => instant(text, zone) ?? text), (value, zone) => typeof value === 'number' ? wall(value, zone) : '');
const moments = kind('lines', (text, zone) => lined(text).map(line => isWhole(line) ? Number(line) : instant(line.replace(' ', 'T'), zone) ?? line),
  (value, zone) => (value ?? []).map(seconds => wall(seconds, zone)).join('\n'));
const policy = { ...words, options: ['fire_once', 'fire_all', 'skip'] };
const truth = { ...kind('', text => text === 'true', value => String(value ?? false)), options: ['false', 'true'] };

/** Title; fields as name, label, kind; the member of the body that they are in; the kind of reminder that has them. */
const GROUPS = [
  ['Schedule', [
    ['start_datetime', 'First time, on the clock of its zone', moment],
    ['timezone', 'Time zone', { ...words, list: 'zones' }],
    ['rrule', 'Repeats: an RFC 5545 rule, or a whole set; empty: once', rule],
    ['until', 'Until, inclusive', moment],
    ['exdates', 'Left out, a time a line', moments],
    ['rdates', 'Added, a time a line', moments],
  ]],
  ['Notification', [
    ['title', 'Title', words],
    ['body', 'Text', long],
    ['classroom_id', 'Classroom', words],
    ['created_by', 'Made by', words],
    ['item_id', 'Item: a word, or a JSON list', item],
    ['kind', 'Kind, a number', whole],
    ['usernames', 'Told instead of the classroom, a name a line', lines],
    ['image', 'Image', words],
    ['action', 'Can be acted on', truth],
    ['action_path', 'Where that leads, a part a line', lines],
    ['extra_path', 'Further path', words],
    ['auth_header', 'Authorization header, never shown', secret],
  ], 'notification_metadata', 'notification'],
  ['Task', [
    ['task', 'Name of the task', words],
    ['args', 'Arguments, a JSON list', json],
    ['kwargs', 'Named arguments, a JSON object', json],
    ['classroom_id', 'Classroom', words],
    ['created_by', 'Made by', words],
    ['auth_header', 'Credential, never shown', secret],
  ], null, 'task'],
  ['Handling', [
    ['description', 'Description, for people', words],
    ['queue', 'Queue', words],
    ['priority', 'Priority, 0 to 9', whole],
    ['misfire_policy', 'If missed', policy],
    ['catch_up_limit', 'Of fire_all at most', whole],
    ['retry_for_seconds', 'Tried for, seconds', whole],
    ['max_attempts', 'Attempts at most', whole],
    ['jitter_seconds', 'Spread over, seconds', whole],
    ['expires_after_seconds', 'Expires after, seconds', whole],
  ]],
];

/** The groups of a kind of reminder, their fields with the `pointer` into the body. */
export function groupsOf(kind) {
  return GROUPS.filter(([, , , only]) => !only || only === kind).map(([title, fields, within]) => ({
    title, fields: fields.map(([name, label, type]) => {
      const at = within ? [within, name] : [name];
      return { ...type, name, label, at, id: 'f-' + at.join('-'), pointer: '/' + at.join('/'), isSchedule: title === 'Schedule', isOptional: !within };
    }),
  }));
}

export const valueAt = (body, { at }) => at.reduce((inner, name) => inner?.[name], body);

export function put(body, { at }, value) {
  const holder = at.slice(0, -1).reduce((inner, name) => inner[name] ??= {}, body);
  holder[at.at(-1)] = value;
}
