/** What is asked before something is done, and what came of it. */

import { problemOf } from './api.js';
import { button, control, el, problemBox, show } from './parts.js';

let opened = 0;

/** A dialog with what is drawn, given what closes it and what draws it anew: what it was closed with. */
function ask(title, draw) {
  return new Promise(resolve => {
    const focused = document.activeElement, id = `dialog-${opened += 1}`, content = el('div');
    let answer = null;
    const close = value => { answer = value; dialog.close(); };
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

/** A form: what `send` made of its values, whose problems are shown in it; `null`: it was left. Of what is `bad` leaving is offered first. */
export function fill(title, label, fields, send, content, kind = 'main') {
  let problem = null;
  return ask(title, (close, redraw) => el('form', { onsubmit: async event => {
    event.preventDefault();
    const { submitter, currentTarget: form } = event;
    submitter.disabled = true;
    try { close(await send(Object.fromEntries(new FormData(form))) ?? true); } catch (error) {
      problem = problemOf(error);
      redraw();
    } finally { submitter.disabled = false; }
  } }, content, fields.map(field => control(field)), problem && problemBox(problem), el('div.acts',
    el('button', { type: 'submit', class: kind }, label), button('Leave it', () => close(null), { autofocus: kind === 'bad' && !fields.length }))));
}

/** Asks whether to do it. What cannot be undone has a number to be typed first. */
export const confirm = (title, label, isFinal, typed, ...content) => fill(title, label, typed === null ? [] : [{
  name: 'typed', label: ['This cannot be undone. Type ', el('strong', typed), ' to go on.'], required: true, pattern: ` *${typed} *`, title: `Type ${typed}`,
  inputmode: 'numeric', autofocus: true,
}], () => true, content, isFinal ? 'bad' : 'main');

/** Does what takes a while, unless it is quick, given what shows how far it is, and a signal that says when to stop. */
export async function withProgress(title, total, work, isQuick) {
  const stop = new AbortController();
  if (isQuick) return work(() => {}, stop.signal);
  let redraw, close, count = 0;
  const closed = ask(title, (end, again) => {
    [close, redraw] = [end, again];
    return el('div',
      el('progress', { 'aria-label': title, max: total, value: total && count }),
      el('p', { role: 'status' }, total ? `${count} of ${total}` : count),
      el('div.acts', button(stop.signal.aborted ? 'Stopping …' : 'Stop', () => { stop.abort(); redraw(); })));
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
export const tell = (title, ...content) =>
  ask(title, close => el('div', content, el('div.acts', button('Close', () => close(), { class: 'main', autofocus: true }))));
