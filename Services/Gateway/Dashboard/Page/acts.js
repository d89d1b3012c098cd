/** What can be done, to one, to a selection, to all that match: asked first, followed to its end, and what was refused is said. */

import { each, pagesOf, path, post, problemOf, remove, sweep } from './api.js';
import { may, reread, selectOnly } from './state.js';
import { button, el, problemBox, say, soft } from './parts.js';
import { attempt, confirm, tell, withProgress } from './dialogs.js';

/** Ids that are named where there are more. */
const EXAMPLES = 5;
/** Why they were refused, of as many reasons. */
const REASONS = 20;

/** What is asked for by a verb, and can be undone. */
const asked = (list, verb, noun, label, done, all) => ({ label, done, noun, all, effect: 'operates', one: id => post(path`/${list}/${id}/${verb}`) });
/** What is taken away for good. */
const taken = (list, noun, label, done, all) => ({ label, done, noun, all, effect: 'changes', isFinal: true, one: id => remove(path`/${list}/${id}`) });

/** `all` is what does it to all that match by one request, and the member of its answer that counts them. */
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

/** The same for all of a list that match its query, and are `wanted` where that is given, and described. */
export const actAllButtons = (names, matching, more = '') => buttons(names, 'data-all', more, name => actOnAll(name, matching));

/** What can be done to the selected, or to all that match. */
export function bulkBar(names, selected, matching) {
  const ids = [...selected];
  return names.some(name => may(ACTS[name].effect)) && el('div.bulk', { role: 'group', 'aria-label': 'What is done to many' },
    ids.length ? [`${ids.length} selected`, actButtons(names, ids), button('Clear', () => selectOnly([]), { class: 'small' })]
      : ['Select rows, or take all that match:', actAllButtons(names, matching, ' all …')]);
}

const listed = (ids, count = ids.length) => el('ul.ids', ids.slice(0, EXAMPLES).map(id => el('li', el('code', id))),
  count > EXAMPLES && el('li', `and ${count - EXAMPLES} more`));

async function act(name, ids) {
  const { label, noun, isFinal } = ACTS[name];
  const isOne = ids.length === 1, what = counted(ids.length, noun);
  if (isOne && !isFinal || await confirm(`${label}: ${what}?`, `${label} ${what}`, isFinal && !isOne ? ids.length : null, listed(ids),
    isFinal && isOne && el('p', 'This cannot be undone.'))) await carryOut(name, ids.length, eachOf(name, [ids]));
}

/** The ids of all that match, page by page. */
async function* idsOf({ path, list, wanted = () => true }, filter) {
  for await (const { items } of pagesOf(path, list, filter)) yield items.filter(wanted).map(({ id }) => id);
}

/** Counts them first. */
async function actOnAll(name, matching) {
  const { label, noun, isFinal, all } = ACTS[name];
  const { cursor, limit, ...filter } = matching.query;
  const count = await attempt('They could not be counted', () => withProgress('Counting those that match', null, async (progress, signal) => {
    let count = 0;
    for await (const ids of idsOf(matching, filter)) {
      progress(count += ids.length);
      if (signal.aborted) return null;
    }
    return count;
  }));
  if (count === null) return;
  const what = counted(count, noun);
  if (!count) return say(`No ${noun} matches`);
  const shown = [...Object.entries(filter).map(([name, value]) => `${name} = ${value}`), matching.wanted && matching.described].filter(Boolean);
  if (await confirm(`${label}: ${what}?`, `${label} ${what}`, isFinal ? count : null,
    el('p.words', `That match ${shown.join(', ') || 'no filter: all there are'}.`), el('p', soft('What comes to match meanwhile may be done, too.')))) {
    await carryOut(name, count, all && !matching.wanted
      ? (settled, signal) => sweep(all[0], filter, all[1], settled, signal) : eachOf(name, idsOf(matching, filter)));
  }
}

/** Work that does it to one after the other. */
const eachOf = (name, pages) => async (settled, signal) => {
  for await (const ids of pages) {
    await each(ids, ACTS[name].one, (id, answer, problem) => settled(1, id, answer, problem), signal);
    if (signal.aborted) return;
  }
};

/** Does it, and says what came of it. */
async function carryOut(name, count, work) {
  const { label, noun, done: word } = ACTS[name];
  const refused = new Map();
  let done = 0, failed = 0, flights = 0, ended = null, isStopped = false;
  await withProgress(`${label}: ${counted(count, noun)}`, count, async (progress, signal) => {
    const settled = (number, id, answer, problem) => {
      if (problem) {
        const reason = `${problem.status || 'No answer'}: ${problem.detail}`;
        const those = refused.get(reason) ?? { count: 0, ids: [] };
        those.count += 1;
        if (those.ids.length < EXAMPLES) those.ids.push(id);
        if (refused.size < REASONS) refused.set(reason, those);
        failed += 1;
      } else {
        done += number;
        if (answer?.in_flight) flights += 1;
      }
      progress(done + failed);
    };
    try { await work(settled, signal); } catch (problem) { ended = problemOf(problem); }
    isStopped = signal.aborted;
  }, { isQuick: count === 1 });
  selectOnly([]);
  await reread();
  const left = Math.max(0, count - done - failed);
  if (!failed && !ended && !left) return say(`${counted(done, noun)} ${word}` + (flights ? `; ${flights} of a request that may have left already` : ''));
  return tell(`${label}: not all of it was done`,
    el('p', `${done} ${word}, ${failed} not${left ? `, ${left} ${isStopped ? 'not tried as it was stopped' : 'that did not match any more'}` : ''}.`),
    el('ul', [...refused].map(([reason, { count, ids }]) => el('li', `${count} × ${reason}`, listed(ids, count)))),
    ended && problemBox(ended));
}
