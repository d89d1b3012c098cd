/** What is asked before something is done, and what came of it. */

import { problemOf } from './api.js';
import { el, show } from './view.js';
import { button, optionsOf, PLAIN, problemBox } from './parts.js';

let opened = 0;

/** A dialog with what is drawn, given what closes it and what draws it anew: what it was closed with. */
export function ask(title, draw) {
  return new Promise(resolve => {
    const focused = document.activeElement;
    const id = `dialog-${opened += 1}`;
    let answer = null;
    const close = value => { answer = value; dialog.close(); };
    const content = el('div');
    const dialog = el('dialog', { 'aria-labelledby': id, onclose: () => {
      dialog.remove();
      if (focused?.isConnected) focused.focus();
      resolve(answer);
    } }, el('h2', { id }, title), content);
    const redraw = () => show(content, draw(close, redraw));
    document.body.append(dialog);
    redraw();
    dialog.showModal();
  });
}

/** Asks whether to do it. What cannot be undone has a number to be typed first. */
export function confirm(title, label, typed, ...content) {
  return ask(title, close => {
    const submit = el('button', { type: 'submit', class: typed ? 'bad' : 'main', disabled: typed }, label);
    const check = event => { submit.disabled = event.target.value.trim() !== String(typed); };
    return el('form', { onsubmit: event => { event.preventDefault(); if (!submit.disabled) close(true); } },
      content, typed && el('label', el('span', 'This cannot be undone. Type ', el('strong', typed), ' to go on.'),
        el('input', { ...PLAIN, name: 'typed', inputmode: 'numeric', autofocus: true, oninput: check })),
      el('div', { class: 'acts' }, submit, button('Leave it', () => close(false))));
  });
}

/** Does what takes a while, given what shows how far it is, and a signal that says when to stop. */
export async function withProgress(title, total, work) {
  const stop = new AbortController();
  let redraw = () => {}, count = 0, close = () => {};
  const closed = ask(title, (end, again) => {
    [close, redraw] = [end, again];
    return el('div',
      el('progress', total ? { max: total, value: count, 'aria-label': title } : { 'aria-label': title }),
      el('p', { role: 'status' }, total ? `${count} of ${total}` : `${count}`),
      el('div', { class: 'acts' }, button(stop.signal.aborted ? 'Stopping …' : 'Stop', () => { stop.abort(); redraw(); })));
  });
  closed.then(() => stop.abort());
  try {
    return await work(so => { count = so; redraw(); }, stop.signal);
  } finally {
    close();
    await closed;
  }
}

/** Says what was refused or only partly done. */
export function tell(title, ...content) {
  return ask(title, close => el('div', content, el('div', { class: 'acts' }, button('Close', () => close(), { class: 'main', autofocus: true }))));
}

export const tellProblem = (title, problem) => tell(title, problemBox(problem));

/** A form: what `send` made of its values, whose problems are shown in it; `null`: it was left. */
export function fill(title, label, fields, send, ...content) {
  let problem = null;
  return ask(title, (close, redraw) => {
    const control = ({ name, label, options, value, ...attributes }) => el('label', el('span', label), options
      ? el('select', { name, value }, optionsOf(options)) : el('input', { ...PLAIN, name, value: value ?? '', ...attributes }));
    return el('form', { onsubmit: async event => {
      event.preventDefault();
      const submit = event.submitter;
      if (submit) submit.disabled = true;
      try { close(await send(Object.fromEntries(new FormData(event.currentTarget))) ?? true); } catch (error) {
        problem = problemOf(error);
        redraw();
      } finally { if (submit) submit.disabled = false; }
    } }, content, fields.map(control), problem ? problemBox(problem) : null,
    el('div', { class: 'acts' }, el('button', { type: 'submit', class: 'main' }, label), button('Leave it', () => close(null))));
  });
}
