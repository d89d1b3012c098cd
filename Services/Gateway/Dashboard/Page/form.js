/** The form of a reminder, to create one or to change it, with what its schedule comes to. */

import { post, problemOf } from './api.js';
import { badge, button, byId, control, el, optionsOf, problemBox, show, soft } from './parts.js';
import { times } from './time.js';
import { groupsOf, put, valueAt } from './fields.js';

const PREVIEWED = 20, PREVIEW_DELAY_MS = 300, MOST_ROWS = 8;
const RULES = {
  Once: '', Daily: 'FREQ=DAILY', Weekdays: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', Weekly: 'FREQ=WEEKLY', Monthly: 'FREQ=MONTHLY',
  'Last Friday': 'FREQ=MONTHLY;BYDAY=-1FR', Hourly: 'FREQ=HOURLY',
};
/** What an input of a kind is like. */
const INPUTS = { moment: { type: 'datetime-local', step: 1 }, secret: { type: 'password' }, number: { inputmode: 'numeric' } };

let kept, keptFor;

/** The form with that key: made once, as its fields keep what was typed in them. */
export function formOf(key, make) {
  if (keptFor !== key) [kept, keptFor] = [new Form(key, make()), key];
  return kept.element;
}

class Form {
  /** @param isChange whether only what was changed is sent to `save`, whose problems are shown */
  constructor(key, { kind, initial, isChange, label, save, before, back }) {
    Object.assign(this, { initial, isChange, save, controls: new Map(), trouble: el('div') });
    this.preview = el('aside.preview', { 'aria-label': 'Preview' });
    this.element = el('form.reminder', { 'data-key': `form ${key}`, novalidate: true, oninput: event => this.changed(event), onsubmit: event => this.submit(event) },
      el('div.fields', before, groupsOf(kind).map(({ title, fields }) => el('fieldset', el('legend', title), fields[0].isSchedule && this.rules(),
        // Of what is there, the task stays.
        fields.filter(({ name }) => !(isChange && name === 'task')).map(field => this.labelled(field)))),
      el('datalist', { id: 'zones' }, optionsOf(Intl.supportedValuesOf('timeZone'))),
      this.trouble, el('div.acts', el('button.main', { type: 'submit', id: 'save' }, label), back)), this.preview);
    this.refresh();
  }

  rules() {
    return el('div.choices', { role: 'group', 'aria-label': 'Usual rules' }, Object.entries(RULES).map(([name, rule]) => button(name, () => {
      this.controlOf('rrule').value = rule;
      this.refresh();
    }, { class: 'small' })));
  }

  controlOf(name) { return [...this.controls].find(([field]) => field.name === name)[1]; }

  labelled(field) {
    const { id, kind, label, pointer, options, list } = field, value = field.write(valueAt(this.initial, field), this.initial.timezone);
    const rows = ['lines', 'json'].includes(kind) ? Math.min(MOST_ROWS, value.split('\n').length + (kind === 'json')) : null;
    const whole = control({ id, kind, label, name: pointer, value, options, list, rows, 'aria-describedby': id + '-fault', ...INPUTS[kind] }, el('span.fault', { id: id + '-fault' }));
    // What the browser made of the value: it shows seconds or not as it likes.
    whole.control.dataset.was = whole.control.value;
    this.controls.set(field, whole.control);
    return whole;
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
  isSent(field, { value, dataset }) {
    if (field.kind === 'secret' && !value) return false;
    if (!this.isChange) return value.trim() !== '' || !field.isOptional;
    // On another zone's clock the same time is another.
    return value !== dataset.was || field.isSchedule && field.name !== 'rrule' && value && this.zone !== this.initial.timezone;
  }

  changed({ target }) {
    byId(target.id + '-fault')?.replaceChildren();
    target.ariaInvalid = false;
    this.refresh();
  }

  refresh() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PREVIEW_DELAY_MS);
  }

  async ask() {
    const { body } = this.read((field, { value }) => field.isSchedule && value.trim() !== ''), mine = this.asked = Symbol('asked');
    // A task without a start begins now.
    const shown = await post('/preview', { start_datetime: Math.floor(Date.now() / 1_000), ...body, count: PREVIEWED })
      .then(answer => this.drawn(answer), problem => problemBox(problemOf(problem)));
    if (mine === this.asked) show(this.preview, el('h2', 'Preview'), shown);
  }

  drawn({ text: english, upcoming, warnings, finite }) {
    return [
      el('p.rule-text', { role: 'status' }, english),
      warnings.map(warning => el('p', badge('warn', 'note'), warning)),
      times(upcoming, this.zone),
      soft(!finite ? 'It goes on for ever.' : upcoming.length ? 'It ends.' : 'Nothing comes of it.'),
    ];
  }

  async submit(event) {
    event.preventDefault();
    const { body, faults: errors } = this.read((field, control) => this.isSent(field, control));
    if (errors.length) return this.show({ title: 'This cannot be sent', detail: 'Some of it cannot be read.', errors });
    byId('save').disabled = true;
    try { await this.save(body); } catch (problem) {
      this.show(problemOf(problem));
      byId('save').disabled = false;
    }
  }

  /** Shows a problem whole, and each fault at its field. */
  show(problem) {
    for (const [{ id, pointer: own }, control] of this.controls) {
      const faults = problem.errors.filter(({ pointer }) => pointer === own || pointer?.startsWith(own + '/')).map(({ detail }) => detail);
      byId(id + '-fault').textContent = faults.join('; ');
      control.ariaInvalid = faults.length > 0;
    }
    show(this.trouble, problemBox(problem));
    this.trouble.scrollIntoView({ block: 'nearest' });
  }
}
