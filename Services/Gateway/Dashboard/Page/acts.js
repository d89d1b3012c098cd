/** What can be done, to one, to many, to all that match: asked first, followed to its end, and what was refused is said. */

import { each, path, post, problemOf, remove, sweep, walk } from './api.js';
import { may, reread, selectOnly } from './state.js';
import { el, say } from './view.js';
import { button } from './parts.js';
import { confirm, tell, tellProblem, withProgress } from './dialogs.js';

/** More than these are not gone through from a page. */
const MOST = 10_000;
const EXAMPLES = 5;
const REASONS = 20;

/** What is asked for by a verb, and can be undone. */
const asked = (list, verb, noun, label, done, all) => ({ label, done, noun, all, effect: 'operates', one: id => post(path`/${list}/${id}/${verb}`) });
/** What is taken away for good. */
const taken = (list, noun, label, done, all) => ({ label, done, noun, all, effect: 'changes', isFinal: true, one: id => remove(path`/${list}/${id}`) });

const ACTS = {
  pause: asked('reminders', 'pause', 'reminder', 'Pause', 'paused'),
  resume: asked('reminders', 'resume', 'reminder', 'Resume', 'resumed'),
  run: asked('reminders', 'run', 'reminder', 'Run now', 'due now'),
  cancel: taken('reminders', 'reminder', 'Cancel', 'cancelled'),
  replay: asked('dead-letters', 'replay', 'dead letter', 'Replay', 'due now', ['/dead-letters/replay', 'replayed']),
  discard: taken('dead-letters', 'dead letter', 'Discard', 'discarded', ['/dead-letters/discard', 'discarded']),
  replayHeld: asked('held', 'replay', 'held occurrence', 'Try again', 'due now'),
  discardHeld: taken('held', 'held occurrence', 'Discard', 'discarded'),
};

const counted = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;

const buttons = (names, attribute, more, does) => names.filter(name => may(ACTS[name].effect)).map(name =>
  button(ACTS[name].label + more, () => does(name), { class: ACTS[name].isFinal ? 'small bad' : 'small', [attribute]: name }));

/** Buttons for those acts that the session's role allows. */
export const actButtons = (names, ids) => buttons(names, 'data-act', '', name => act(name, ids));

/** What can be done to the selected, or to all that match. */
export function bulkBar(names, selected, matching) {
  const ids = [...selected];
  if (!names.some(name => may(ACTS[name].effect))) return null;
  return el('div', { class: 'bulk', role: 'group', 'aria-label': 'What is done to many' },
    ids.length ? [`${ids.length} selected`, actButtons(names, ids), button('Clear', () => selectOnly([]), { class: 'small' })]
      : ['Select rows, or take all that match:', buttons(names, 'data-all', ' all …', name => actOnAll(name, matching))]);
}

const listed = ids => el('ul', { class: 'ids' }, ids.slice(0, EXAMPLES).map(id => el('li', el('code', id))),
  ids.length > EXAMPLES ? el('li', `and ${ids.length - EXAMPLES} more`) : null);

async function act(name, ids) {
  const { label, noun, isFinal } = ACTS[name];
  const isOne = ids.length === 1;
  if (isOne && !isFinal || await confirm(`${label}: ${counted(ids.length, noun)}?`, `${label} ${counted(ids.length, noun)}`, isFinal && !isOne ? ids.length : null, listed(ids),
    isFinal && isOne ? el('p', 'This cannot be undone.') : null)) await carryOut(name, ids);
}

async function carryOut(name, ids) {
  const { label, noun, one, done: word } = ACTS[name];
  const work = (progress, signal) => each(ids, one, progress, signal);
  const { done, refused, left } = ids.length > 1 ? await withProgress(`${label}: ${counted(ids.length, noun)}`, ids.length, work) : await work(() => {});
  selectOnly([]);
  await reread();
  if (refused.length || left) {
    const reasons = Map.groupBy(refused, ([, problem]) => `${problem.status || 'No answer'}: ${problem.detail}`);
    return tell(`${label}: not all of it was done`,
      el('p', `${done.length} ${word}, ${refused.length} not${left ? `, ${left} not tried as it was stopped` : ''}.`),
      el('ul', [...reasons].slice(0, REASONS).map(([reason, those]) => el('li', `${those.length} × ${reason}`, listed(those.map(([id]) => id))))));
  }
  const flights = done.filter(([, answer]) => answer?.in_flight).length;
  say(`${counted(done.length, noun)} ${word}` + (flights ? `; of ${flights} a request had left already` : ''));
}

/** Does it to all of a list that match its query; counts them first. */
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
    return tellProblem('They could not be counted', problemOf(problem));
  }
  const ids = found.items.map(({ id }) => id);
  if (!ids.length) return say(`No ${noun} matches`);
  const covers = all && found.more ? ` There are more: all are done, also those beyond the first ${ids.length}.`
    : found.more ? ` There are more: this does the first ${ids.length}; ask again for the others.` : '';
  const shown = Object.entries(filter).map(([name, value]) => `${name} = ${value}`).join(', ') || 'no filter: all there are';
  const agreed = await confirm(`${label}: ${found.more ? 'at least ' : ''}${counted(ids.length, noun)}?`, `${label} ${counted(ids.length, noun)}`, isFinal ? ids.length : null,
    el('p', `That match ${shown}.${covers}`), all ? el('p', { class: 'soft' }, 'What comes to match meanwhile is done, too.') : null);
  if (!agreed) return;
  if (!all) return carryOut(name, ids);
  const [where, member] = all;
  const { total, problem, more } = await withProgress(`${label}: ${counted(ids.length, noun)}`, ids.length,
    (progress, signal) => sweep(where, filter, member, progress, signal));
  await reread();
  if (problem) return tellProblem(`${label}: ${counted(total, noun)} ${ACTS[name].done}, then it ended`, problem);
  say(`${counted(total, noun)} ${ACTS[name].done}${more ? '; stopped before the end' : ''}`);
}
