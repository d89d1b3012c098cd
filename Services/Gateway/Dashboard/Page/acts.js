/** What can be done, to one, to many, to all that match: asked first, followed to its end, and what was refused is said. */

import { each, path, post, remove, sweep, walk } from './api.js';
import { may, reload, selectOnly } from './state.js';
import { el, say } from './view.js';
import { button } from './parts.js';
import { confirm, tell, tellProblem, withProgress } from './dialogs.js';

/** More than these are not gone through from a page. */
const MOST = 10_000;
const EXAMPLES = 5;
const REASONS = 20;

const asked = (list, verb) => id => post(path`/${list}/${id}/${verb}`);
const taken = list => id => remove(path`/${list}/${id}`);

/** By name; `noun` is what it is done to, `isFinal` that it cannot be undone. */
const ACTS = {
  pause: { label: 'Pause', done: 'paused', noun: 'reminder', effect: 'operates', one: asked('reminders', 'pause') },
  resume: { label: 'Resume', done: 'resumed', noun: 'reminder', effect: 'operates', one: asked('reminders', 'resume') },
  run: { label: 'Run now', done: 'due now', noun: 'reminder', effect: 'operates', one: asked('reminders', 'run') },
  cancel: { label: 'Cancel', done: 'cancelled', noun: 'reminder', effect: 'changes', isFinal: true, one: taken('reminders') },
  replay: { label: 'Replay', done: 'due now', noun: 'dead letter', effect: 'operates', one: asked('dead-letters', 'replay'), all: ['/dead-letters/replay', 'replayed'] },
  discard: { label: 'Discard', done: 'discarded', noun: 'dead letter', effect: 'changes', isFinal: true, one: taken('dead-letters'), all: ['/dead-letters/discard', 'discarded'] },
  replayHeld: { label: 'Try again', done: 'due now', noun: 'held occurrence', effect: 'operates', one: asked('held', 'replay') },
  discardHeld: { label: 'Discard', done: 'discarded', noun: 'held occurrence', effect: 'changes', isFinal: true, one: taken('held') },
};

const counted = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Buttons for those acts that the session's role allows. */
export function actButtons(names, ids) {
  return names.filter(name => may(ACTS[name].effect)).map(name =>
    button(ACTS[name].label, () => act(name, ids), { class: ACTS[name].isFinal ? 'small bad' : 'small', 'data-act': name, disabled: ids.length === 0 }));
}

/** What can be done to the selected, or to all that match. */
export function bulkBar(names, selected, matching) {
  const ids = [...selected];
  const allowed = names.filter(name => may(ACTS[name].effect));
  if (!allowed.length) return null;
  return el('div', { class: 'bulk', role: 'group', 'aria-label': 'What is done to many' },
    el('span', ids.length ? `${ids.length} selected` : 'Select rows, or take all that match:'),
    ids.length ? [actButtons(allowed, ids), button('Clear', () => selectOnly([]), { class: 'small' })]
      : allowed.map(name => button(`${ACTS[name].label} all …`, () => actOnAll(name, matching), { class: ACTS[name].isFinal ? 'small bad' : 'small', 'data-all': name })));
}

/** Does it to these. */
export async function act(name, ids) {
  const { label, noun, isFinal } = ACTS[name];
  const title = `${label}: ${counted(ids.length, noun)}?`;
  const shown = el('ul', { class: 'ids' }, ids.slice(0, EXAMPLES).map(id => el('li', el('code', id))),
    ids.length > EXAMPLES ? el('li', `and ${ids.length - EXAMPLES} more`) : null);
  if ((isFinal || ids.length > 1) && !await confirm(title, label, isFinal && ids.length > 1 ? ids.length : null, shown,
    isFinal && ids.length === 1 ? el('p', 'This cannot be undone.') : null)) return;
  await carryOut(name, ids);
}

async function carryOut(name, ids) {
  const { label, noun, one } = ACTS[name];
  const work = (progress, signal) => each(ids, one, progress, signal);
  const { done, refused, left } = ids.length > 1 ? await withProgress(`${label}: ${counted(ids.length, noun)}`, ids.length, work) : await work(() => {});
  selectOnly([]);
  await reload();
  if (refused.length || left) return tell(`${label}: not all of it was done`, summary(name, done, refused, left));
  const flights = done.filter(([, answer]) => answer?.in_flight).length;
  say(`${counted(done.length, noun)} ${ACTS[name].done}` + (flights ? `; of ${flights} a request had left already` : ''));
}

function summary(name, done, refused, left) {
  const reasons = Map.groupBy(refused, ([, problem]) => `${problem.status || 'No answer'}: ${problem.detail}`);
  return [
    el('p', `${done.length} ${ACTS[name].done}, ${refused.length} not`, left ? `, ${left} not tried as it was stopped` : '', '.'),
    el('ul', [...reasons].slice(0, REASONS).map(([reason, those]) => el('li', `${those.length} × ${reason}`,
      el('ul', { class: 'ids' }, those.slice(0, EXAMPLES).map(([id]) => el('li', el('code', id))))))),
  ];
}

/**
 * Does it to all that match: counts them first.
 * @param matching the list's `path`, the `name` of its items, and the `query` that they match
 */
async function actOnAll(name, { path, list, query }) {
  const { label, noun, isFinal, all } = ACTS[name];
  const { cursor, limit, ...filter } = query;
  let found;
  try {
    found = await withProgress('Counting those that match', null, async (progress, signal) => {
      const found = await walk(path, list, filter, { limit: MOST, progress: count => { progress(count); return !signal.aborted; } });
      return signal.aborted ? null : found;
    });
    if (!found) return;
  } catch (problem) {
    if (!('status' in problem)) throw problem;
    return tellProblem('They could not be counted', problem);
  }
  const ids = found.items.map(({ id }) => id);
  if (!ids.length) return say(`No ${noun} matches`);
  const covers = all && found.more ? ` There are more: all are done, also those beyond the first ${ids.length}.`
    : found.more ? ` There are more: this does the first ${ids.length}; ask again for the others.` : '';
  const shown = Object.entries(filter).map(([name, value]) => `${name} = ${value}`).join(', ') || 'no filter: all there are';
  const agreed = await confirm(`${label}: ${found.more ? 'at least ' : ''}${counted(ids.length, noun)}?`, label, isFinal ? ids.length : null,
    el('p', `That match ${shown}.${covers}`), all ? el('p', { class: 'soft' }, 'What comes to match meanwhile is done, too.') : null);
  if (!agreed) return;
  if (!all) return carryOut(name, ids);
  const [where, member] = all;
  const { total, problem, more } = await withProgress(`${label}: ${counted(ids.length, noun)}`, ids.length,
    (progress, signal) => sweep(where, filter, member, progress, signal));
  await reload();
  if (problem) return tellProblem(`${label}: ${counted(total, noun)} ${ACTS[name].done}, then it ended`, problem);
  say(`${counted(total, noun)} ${ACTS[name].done}${more ? '; stopped before the end' : ''}`);
}
