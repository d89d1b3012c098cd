/** The form of a reminder, to create one or to change it, with what its schedule comes to. */

import { post, problemOf } from './api.js';
import { badge, button, byId, el, optionsOf, PLAIN, problemBox, show, soft } from './parts.js';
import { chosenZone, clockChange, isZone, localZone, text } from './time.js';
import { groupsOf, put, valueAt } from './fields.js';

const PREVIEWED = 20, PREVIEW_DELAY_MS = 300;
const RULES = {
  Once: '', Daily: 'FREQ=DAILY', Weekdays: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', Weekly: 'FREQ=WEEKLY', Monthly: 'FREQ=MONTHLY',
  'Last Friday': 'FREQ=MONTHLY;BYDAY=-1FR', Hourly: 'FREQ=HOURLY',
};

let kept = null, keptFor = null;

/** The form with that key: made once, as its fields keep what was typed in them. */
export function formOf(key, make) {
  if (keptFor !== key) [kept, keptFor] = [new Form(key, make()), key];
  return kept.element;
}

class Form {
  /** @param isChange whether only what was changed is sent to `save`, whose problems are shown */
  constructor(key, { kind, initial, isChange, label, save, before, back }) {
    Object.assign(this, { initial, isChange, save });
    const groups = groupsOf(kind);
    // Of what is there, the task stays.
    this.controls = new Map(groups.flatMap(({ fields }) => fields).filter(({ name }) => !(isChange && name === 'task')).map(field => [field, this.control(field)]));
    this.preview = el('aside.preview', { 'aria-label': 'Preview', 'aria-live': 'polite' });
    this.trouble = el('div');
    this.element = el('form.reminder', { 'data-key': `form ${key}`, novalidate: true, oninput: event => this.changed(event), onsubmit: event => this.submit(event) },
      el('div.fields', before, groups.map(({ title, fields }) => el('fieldset', el('legend', title), fields[0].isSchedule && this.rules(),
        fields.filter(field => this.controls.has(field)).map(field =>
          el('label', { class: field.kind }, el('span', field.label), this.controls.get(field), el('span.fault', { id: field.id + '-fault' }))))),
      el('datalist', { id: 'zones' }, optionsOf(Intl.supportedValuesOf('timeZone'))),
      this.trouble, el('div.acts', el('button.main', { type: 'submit', id: 'save' }, label), back)),
      this.preview);
    this.refresh();
  }

  rules() {
    return el('div.choices', { role: 'group', 'aria-label': 'Usual rules' }, Object.entries(RULES).map(([name, rule]) => button(name, () => {
      this.controlOf('rrule').value = rule;
      this.refresh();
    }, { class: 'small' })));
  }

  controlOf(name) { return [...this.controls].find(([field]) => field.name === name)[1]; }

  control(field) {
    const shown = field.write(valueAt(this.initial, field), this.initial.timezone);
    const attributes = { ...PLAIN, id: field.id, name: field.pointer, value: shown, 'aria-describedby': field.id + '-fault' };
    const control = field.options ? el('select', attributes, optionsOf(field.options))
      : ['lines', 'json'].includes(field.kind) ? el('textarea', { ...attributes, rows: Math.min(8, shown.split('\n').length + (field.kind === 'json')) })
        : el('input', { ...attributes, list: field.list, type: { moment: 'datetime-local', secret: 'password' }[field.kind] ?? 'text', step: field.kind === 'moment' ? 1 : null,
          inputmode: field.kind === 'number' ? 'numeric' : null });
    // What the browser made of the value: it shows seconds or not as it likes.
    control.dataset.was = control.value;
    return control;
  }

  get zone() { return this.controlOf('timezone').value.trim() || 'UTC'; }

  /** A body with those fields, and the faults that are seen before it is sent. */
  read(isWanted) {
    const body = {}, faults = [];
    for (const [field, control] of this.controls) {
      if (!isWanted(field, control)) continue;
      try { put(body, field, field.read(control.value, this.zone)); } catch (error) {
        faults.push({ pointer: field.pointer, detail: `is no JSON: ${error.message}` });
      }
    }
    return { body, faults };
  }

  /** Whether it is to be sent: when it was changed, or is not left out. */
  isSent(field, control) {
    if (field.kind === 'secret' && !control.value) return false;
    if (!this.isChange) return control.value.trim() !== '' || !field.isOptional;
    // On another zone's clock the same time is another.
    const isMoved = field.isSchedule && field.name !== 'rrule' && control.value && this.zone !== this.initial.timezone;
    return control.value !== control.dataset.was || isMoved;
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

  async ask() {
    const { body } = this.read((field, control) => field.isSchedule && control.value.trim() !== '');
    const mine = this.asked = Symbol('asked');
    // A task without a start begins now.
    const shown = await post('/preview', { start_datetime: Math.floor(Date.now() / 1_000), ...body, count: PREVIEWED })
      .then(answer => this.drawn(answer), problem => problemBox(problemOf(problem)));
    if (mine === this.asked) show(this.preview, el('h2', 'Preview'), shown);
  }

  drawn({ text: english, upcoming, warnings, finite }) {
    const zone = this.zone, other = chosenZone(zone) === zone ? localZone() : chosenZone(zone);
    return [
      el('p.rule-text', english),
      warnings.map(warning => el('p', badge('warn', 'note'), warning)),
      !isZone(zone) && soft(`This browser does not know the zone ${zone}; times are shown in UTC.`),
      el('ol', upcoming.map(at => el('li', text(at, zone), clockChange(upcoming, at, zone), zone !== other && el('div', soft(text(at, other)))))),
      soft(!finite ? 'It goes on for ever.' : upcoming.length ? 'It ends.' : 'Nothing comes of it.'),
    ];
  }

  async submit(event) {
    event.preventDefault();
    const { body, faults } = this.read((field, control) => this.isSent(field, control));
    if (faults.length) return this.show({ status: 0, title: 'This cannot be sent', detail: 'Some of it cannot be read.', errors: faults });
    byId('save').disabled = true;
    try { await this.save(body); } catch (problem) {
      this.show(problemOf(problem));
      byId('save').disabled = false;
    }
  }

  /** Shows a problem whole, and each fault at its field. */
  show(problem) {
    for (const { id, pointer: own } of this.controls.keys()) {
      byId(id + '-fault').textContent = problem.errors.filter(({ pointer }) => pointer === own || pointer?.startsWith(own + '/')).map(({ detail }) => detail).join('; ');
    }
    show(this.trouble, problemBox(problem));
    this.trouble.scrollIntoView({ block: 'nearest' });
  }
}
