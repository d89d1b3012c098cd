/** The fields of a reminder, to create one or to change it, with what its schedule comes to. */

import { post } from './api.js';
import { byId, el, show } from './view.js';
import { badge, problemBox, soft } from './parts.js';
import { Exact, parse, stringify } from './json.js';
import { chosenZone, instant, isZone, localZone, offsetName, text, wall } from './time.js';

const PREVIEWED = 20, PREVIEW_DELAY_MS = 300;
const META = 'notification_metadata';
let forms = 0;

const isEmpty = text => text.trim() === '';
const words = { read: text => text, write: value => value ?? '' };
const maybe = read => (text, zone) => isEmpty(text) ? null : read(text, zone);
const whole = { kind: 'number', read: maybe(text => /^-?\d+$/.test(text.trim()) ? exactly(text.trim()) : text), write: value => value === null || value === undefined ? '' : String(value) };
const lines = { kind: 'lines', read: text => text.split('\n').map(line => line.trim()).filter(Boolean), write: value => (value ?? []).join('\n') };
const json = { kind: 'json', read: parse, write: value => stringify(value, 2) };
const moment = {
  kind: 'moment',
  read: maybe((text, zone) => instant(text, zone) ?? text),
  write: (value, zone) => value === null || value === undefined ? '' : wall(value, zone),
};
const instants = {
  kind: 'lines',
  read: (text, zone) => lines.read(text).map(line => /^-?\d+$/.test(line) ? Number(line) : instant(line.replace(' ', 'T'), zone) ?? line),
  write: (value, zone) => (value ?? []).map(seconds => wall(seconds, zone)).join('\n'),
};

function exactly(digits) {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : new Exact(digits);
}

/** `at` is where it is in the body; `of` says for which kind of reminder it is there. */
const GROUPS = [
  ['Schedule', [
    { at: ['start_datetime'], label: 'First time, on the clock of its zone', ...moment },
    { at: ['timezone'], label: 'Time zone', ...words, list: 'zones' },
    { at: ['rrule'], label: 'Repeats: an RFC 5545 rule, or a whole set; empty: once', ...words, kind: 'lines', read: maybe(text => text.trim()) },
    { at: ['until'], label: 'Until, inclusive', ...moment },
    { at: ['exdates'], label: 'Left out, a time a line', ...instants },
    { at: ['rdates'], label: 'Added, a time a line', ...instants },
  ]],
  ['Notification', [
    { at: [META, 'title'], label: 'Title', ...words },
    { at: [META, 'body'], label: 'Text', ...words, kind: 'lines' },
    { at: [META, 'classroom_id'], label: 'Classroom', ...words },
    { at: [META, 'created_by'], label: 'Made by', ...words },
    { at: [META, 'item_id'], label: 'Item, as JSON or a word', ...words, read: text => /^\s*\[/.test(text) ? parse(text) : text, write: value => Array.isArray(value) ? stringify(value) : value ?? '' },
    { at: [META, 'kind'], label: 'Kind, a number', ...whole },
    { at: [META, 'usernames'], label: 'Told instead of the classroom, a name a line', ...lines },
    { at: [META, 'image'], label: 'Image', ...words },
    { at: [META, 'action'], label: 'Can be acted on', ...words, options: ['false', 'true'], read: text => text === 'true', write: value => String(value ?? false) },
    { at: [META, 'action_path'], label: 'Where that leads, a part a line', ...lines },
    { at: [META, 'extra_path'], label: 'Further path', ...words },
    { at: [META, 'auth_header'], label: 'Authorization header, sealed and never shown', ...words, kind: 'secret' },
  ], 'notification'],
  ['Task', [
    { at: ['task'], label: 'Name of the task', ...words },
    { at: ['args'], label: 'Arguments, a JSON list', ...json },
    { at: ['kwargs'], label: 'Named arguments, a JSON object', ...json },
    { at: ['classroom_id'], label: 'Classroom', ...words },
    { at: ['created_by'], label: 'Made by', ...words },
    { at: ['auth_header'], label: 'Credential of the task, sealed and never shown', ...words, kind: 'secret' },
  ], 'task'],
  ['Handling', [
    { at: ['description'], label: 'Description, for people', ...words },
    { at: ['queue'], label: 'Queue', ...words },
    { at: ['priority'], label: 'Priority, 0 to 9', ...whole },
    { at: ['misfire_policy'], label: 'If missed', ...words, options: ['fire_once', 'fire_all', 'skip'] },
    { at: ['catch_up_limit'], label: 'Of fire_all at most', ...whole },
    { at: ['retry_for_seconds'], label: 'Tried for, seconds', ...whole },
    { at: ['max_attempts'], label: 'Attempts at most', ...whole },
    { at: ['jitter_seconds'], label: 'Spread over, seconds', ...whole },
    { at: ['expires_after_seconds'], label: 'Expires after, seconds', ...whole },
  ]],
];
const RULES = [
  ['Once', ''], ['Daily', 'FREQ=DAILY'], ['Weekdays', 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR'], ['Weekly', 'FREQ=WEEKLY'],
  ['Monthly', 'FREQ=MONTHLY'], ['Last Friday', 'FREQ=MONTHLY;BYDAY=-1FR'], ['Hourly', 'FREQ=HOURLY'],
];
const SCHEDULE = new Set(GROUPS[0][1].map(({ at }) => at[0]));

const idOf = field => 'f-' + field.at.join('-');
const pointerOf = field => '/' + field.at.join('/');
const valueAt = (body, at) => at.reduce((inner, name) => inner?.[name], body);

function put(body, at, value) {
  const holder = at.slice(0, -1).reduce((inner, name) => inner[name] ??= {}, body);
  holder[at.at(-1)] = value;
}

/** A form for a reminder; its fields keep what was typed in them, so it is made once. */
export class Form {
  /**
   * @param kind `notification` or `task`
   * @param initial the body that it begins with
   * @param isChange whether only what was changed is sent
   * @param save given the body; what it throws is shown
   */
  constructor({ kind, initial, isChange, label, save, before, back }) {
    this.isChange = isChange;
    this.initial = initial;
    this.save = save;
    this.groups = GROUPS.filter(([, , of]) => !of || of === kind);
    this.fields = this.groups.flatMap(([, fields]) => fields).filter(({ at }) => !(isChange && at[0] === 'task'));
    this.controls = new Map(this.fields.map(field => [field, this.control(field)]));
    this.preview = el('aside', { class: 'preview', 'aria-label': 'Preview', 'aria-live': 'polite' });
    this.trouble = el('div');
    this.element = el('form', { class: 'reminder', 'data-key': `form ${forms += 1}`, novalidate: true, oninput: event => this.changed(event), onsubmit: event => this.submit(event) },
      el('div', { class: 'fields' }, before,
        this.groups.map(([title, fields]) => el('fieldset', el('legend', title),
          title === 'Schedule' ? this.rules() : null,
          fields.filter(field => this.controls.has(field)).map(field => this.labelled(field)))),
        el('datalist', { id: 'zones' }, Intl.supportedValuesOf('timeZone').map(zone => el('option', { value: zone }))),
        this.trouble, el('div', { class: 'acts' }, el('button', { type: 'submit', class: 'main', id: 'save' }, label), back)),
      this.preview);
    this.refresh();
  }

  rules() {
    return el('div', { class: 'choices', role: 'group', 'aria-label': 'Usual rules' }, RULES.map(([name, rule]) =>
      el('button', { type: 'button', class: 'small', onclick: () => {
        this.controls.get(this.field('rrule')).value = rule;
        this.refresh();
      } }, name)));
  }

  field(...at) { return this.fields.find(field => field.at.join() === at.join()); }

  labelled(field) {
    return el('label', { class: field.kind ?? '' }, el('span', field.label), this.controls.get(field), el('span', { class: 'fault', id: idOf(field) + '-fault' }));
  }

  control(field) {
    const shown = field.write(valueAt(this.initial, field.at), this.initial.timezone ?? 'UTC');
    const attributes = { id: idOf(field), name: pointerOf(field), value: shown, autocomplete: 'off', spellcheck: 'false', 'aria-describedby': idOf(field) + '-fault' };
    const control = field.options ? el('select', attributes, field.options.map(option => el('option', { value: option }, option)))
      : field.kind === 'lines' || field.kind === 'json' ? el('textarea', { ...attributes, rows: Math.min(8, shown.split('\n').length + (field.kind === 'json' ? 1 : 0)) })
        : el('input', { ...attributes, list: field.list, type: { moment: 'datetime-local', secret: 'password' }[field.kind] ?? 'text', step: field.kind === 'moment' ? 1 : null, inputmode: field.kind === 'number' ? 'numeric' : null });
    // Seconds are shown or not as the browser likes: what it made of the value is what was there.
    control.dataset.was = control.value;
    return control;
  }

  get zone() { return this.controls.get(this.field('timezone')).value.trim() || 'UTC'; }

  /** The body of the request, and the faults that are seen before it is sent. */
  read(wanted = () => true) {
    const body = {}, faults = [];
    const isMoved = this.zone !== (this.initial.timezone ?? 'UTC');
    for (const [field, control] of this.controls) {
      if (!wanted(field)) continue;
      const isTime = field.kind === 'moment' || field === this.field('exdates') || field === this.field('rdates');
      const isSame = control.value === control.dataset.was && !(isTime && isMoved && control.value);
      if (this.isChange && isSame) continue;
      if (!this.isChange && isEmpty(control.value) && field.at[0] !== META) continue;
      if (field.kind === 'secret' && isEmpty(control.value)) continue;
      try { put(body, field.at, field.read(control.value, this.zone)); } catch (error) {
        faults.push({ pointer: pointerOf(field), detail: `is no JSON: ${error.message}` });
      }
    }
    return { body, faults };
  }

  changed(event) {
    const fault = byId(event.target.id + '-fault');
    if (fault) fault.textContent = '';
    this.refresh();
  }

  refresh() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PREVIEW_DELAY_MS);
  }

  /** Asks what the schedule comes to. */
  async ask() {
    const was = this.isChange;
    this.isChange = false;
    const { body } = this.read(field => SCHEDULE.has(field.at[0]));
    this.isChange = was;
    // An empty start of a task is now.
    body.start_datetime ??= Math.floor(Date.now() / 1_000);
    const mine = this.asked = Symbol('asked');
    try {
      const answer = await post('/preview', { ...body, count: PREVIEWED });
      if (mine === this.asked) show(this.preview, this.drawn(answer));
    } catch (problem) {
      if (!('status' in problem)) throw problem;
      if (mine === this.asked) show(this.preview, el('h2', 'Preview'), problemBox(problem));
    }
  }

  drawn({ text: english, upcoming, warnings, finite }) {
    const zone = this.zone, here = localZone();
    const isSame = (at, index) => index === 0 || offsetName(at, zone) === offsetName(upcoming[index - 1], zone);
    return [
      el('h2', 'Preview'), el('p', { class: 'rule-text' }, english),
      warnings.map(warning => el('p', badge('warn', 'note'), ' ', warning)),
      isZone(zone) ? null : el('p', { class: 'soft' }, `This browser does not know the zone ${zone}; times are shown in UTC.`),
      el('ol', upcoming.map((at, index) => el('li', text(at, zone), isSame(at, index) ? null : [' ', badge('warn', `clocks change to ${offsetName(at, zone)}`)],
        zone === here ? null : el('div', { class: 'soft' }, text(at, chosenZone(zone) === zone ? here : chosenZone(zone)))))),
      finite ? soft(upcoming.length ? 'It ends.' : 'Nothing comes of it.') : soft('It goes on for ever.'),
    ];
  }

  async submit(event) {
    event.preventDefault();
    const { body, faults } = this.read();
    if (faults.length) return this.show({ status: 0, title: 'This cannot be sent', detail: 'Some of it cannot be read.', errors: faults });
    const button = byId('save');
    button.disabled = true;
    try { await this.save(body); } catch (problem) {
      if (!('status' in problem)) throw problem;
      this.show(problem);
    } finally { button.disabled = false; }
  }

  /** Shows a problem whole, and each fault at its field. */
  show(problem) {
    for (const field of this.fields) {
      const own = problem.errors.filter(({ pointer }) => pointer === pointerOf(field) || pointer?.startsWith(pointerOf(field) + '/'));
      byId(idOf(field) + '-fault').textContent = own.map(({ detail }) => detail).join('; ');
    }
    show(this.trouble, problemBox(problem));
    this.trouble.scrollIntoView({ block: 'nearest' });
  }
}
