/** What can be done, to one, to a selection, to all that match: asked first, followed to its end, and what was refused is said. */

import { each, pagesOf, patch, path, post, Problem, problemOf, remove, sweep } from './api.js';
import { may, reread, selectOnly } from './state.js';
import { button, el, problemBox, say, soft } from './parts.js';
import { confirm, tell, withProgress } from './dialogs.js';

/** Ids that are named where there are more; reasons for a refusal. */
const EXAMPLES = 5, REASONS = 20;

const reminder = { noun: 'reminder', list: 'reminders' }, letter = { noun: 'dead letter', list: 'dead-letters' }, held = { noun: 'held occurrence', list: 'held' };
const worker = { noun: 'worker', list: 'workers', effect: 'administers' };

/** The shapes of acts: what is asked for by a verb, what is taken away for good, what holds up a queue. */
const asks = (what, verb, label, done, more) => ({ effect: 'operates', ...what, verb, label, done, one: id => post(path`/${what.list}/${id}/${verb}`), ...more });
const removes = (what, verb, label, done, more) => ({ effect: 'changes', ...what, verb, label, done, isFinal: true, one: id => remove(path`/${what.list}/${id}`), ...more });
const pauses = (label, done, paused) => ({ noun: 'queue', effect: 'administers', label, done, one: name => patch(path`/queues/${name}`, { paused }) });

/** An occurrence's id is its reminder's and its time. Whoever comes too late is told what it has come to. */
async function callOff(occurrence) {
  const [id, time] = occurrence.split(':'), answer = await post(path`/reminders/${id}/occurrences/${time}/cancel`);
  if (answer.result === 'ended') throw new Problem(0, { title: 'Too late', detail: `it has come to its end: ${answer.outcome}` });
  return answer;
}

/** `all`: there is one request for all that match, whose answer counts them by that name; `hint`: what is said before. */
const ACTS = {
  pause: asks(reminder, 'pause', 'Pause', 'paused'),
  resume: asks(reminder, 'resume', 'Resume', 'resumed'),
  run: asks(reminder, 'run', 'Run now', 'due now'),
  cancel: removes(reminder, 'cancel', 'Cancel', 'cancelled'),
  callOff: { noun: 'occurrence', effect: 'changes', label: 'Cancel', done: 'cancelled', isFinal: true, one: callOff, hint: 'It is not tried again; its series goes on.' },
  replay: asks(letter, 'replay', 'Replay', 'due now', { all: 'replayed' }),
  discard: removes(letter, 'discard', 'Discard', 'discarded', { all: 'discarded' }),
  replayHeld: asks(held, 'replay', 'Try again', 'due now'),
  discardHeld: removes(held, 'discard', 'Discard', 'discarded'),
  pauseQueue: pauses('Pause', 'paused', true),
  resumeQueue: pauses('Resume', 'resumed', false),
  drain: asks(worker, 'drain', 'Drain', 'drains'),
  resumeWorker: asks(worker, 'resume', 'Resume', 'takes work again'),
  shutDown: asks(worker, 'shut-down', 'Shut down', 'shuts down', { isFinal: true,
    hint: 'It finishes what it runs, and ends; systemd or compose starts it again where it keeps it up.' }),
};

/** What an answer leaves open. */
const openOf = answer => answer?.in_flight ? 'of a request that may have left already'
  : answer?.message === 'asked' && (answer.result ? 'is on its way, and may have been sent' : 'has not answered yet');

const counted = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;

const buttons = (names, attribute, more, does) => names.filter(name => may(ACTS[name].effect)).map(name =>
  button(ACTS[name].label + more, () => does(name), { class: ACTS[name].isFinal ? 'small bad' : 'small', [attribute]: name }));

/** Buttons for those acts that the session's role allows. */
export const actButtons = (names, ids) => buttons(names, 'data-act', '', name => actOn(name, ids));

/** The same for all of a list that match its query, and are `wanted` where that is given, and described. */
export const actAllButtons = (names, matching, more = '') => buttons(names, 'data-all', more, name => actOnAll(name, matching));

/** What can be done to the selected, or to all that match. */
export function bulkBar(names, selected, matching) {
  const ids = [...selected];
  return names.some(name => may(ACTS[name].effect)) && el('div.bulk', { role: 'group', 'aria-label': 'What is done to many' },
    ids.length ? [`${ids.length} selected`, actButtons(names, ids), button('Clear', () => selectOnly([]), { class: 'small' })]
      : ['Select rows, or take all that match:', actAllButtons(names, matching, ' all …')]);
}

/** Says what came of it, unless it was left, and reads all anew. */
export async function settle(answer, said) {
  if (answer === null) return;
  say(said(answer));
  await reread();
}

const listed = (ids, count = ids.length) => el('ul.ids', ids.slice(0, EXAMPLES).map(id => el('li', el('code', id))),
  count > EXAMPLES && el('li', `and ${count - EXAMPLES} more`));

/** Asks whether to, and does it. */
async function agreed(name, count, typed, work, ...content) {
  const { label, noun, isFinal } = ACTS[name], what = counted(count, noun);
  if (await confirm(`${label}: ${what}?`, `${label} ${what}`, isFinal, typed, content)) await carryOut(name, count, work);
}

async function actOn(name, ids) {
  const { isFinal, hint = 'This cannot be undone.' } = ACTS[name], isOne = ids.length === 1, work = eachOf(name, [ids]);
  if (isOne && !isFinal) return carryOut(name, 1, work);
  return agreed(name, ids.length, isFinal && !isOne ? ids.length : null, work, listed(ids), isFinal && isOne && el('p', hint));
}

/** The ids of all that match, page by page. */
async function* idsOf({ path, list, wanted = () => true }, filter) {
  for await (const { items } of pagesOf(path, list, filter)) yield items.filter(wanted).map(({ id }) => id);
}

/** Counts them first. */
async function actOnAll(name, matching) {
  const { noun, isFinal, all, list, verb } = ACTS[name], { cursor, limit, ...filter } = matching.query;
  let count = 0;
  try {
    const isCounted = await withProgress('Counting those that match', null, async (progress, signal) => {
      for await (const ids of idsOf(matching, filter)) {
        progress(count += ids.length);
        if (signal.aborted) return false;
      }
      return true;
    });
    if (!isCounted) return;
  } catch (problem) {
    await tell('They could not be counted', problemBox(problemOf(problem)));
    return;
  }
  if (!count) return say(`No ${noun} matches`);
  const shown = [...Object.entries(filter).map(([name, value]) => `${name} = ${value}`), matching.wanted && matching.described].filter(Boolean);
  return agreed(name, count, isFinal ? count : null,
    all && !matching.wanted ? (settled, signal) => sweep(`/${list}/${verb}`, filter, all, settled, signal) : eachOf(name, idsOf(matching, filter)),
    el('p.words', `That match ${shown.join(', ') || 'no filter: all there are'}.`), el('p', soft('What comes to match meanwhile may be done, too.')));
}

/** Work that does it to one after the other. */
const eachOf = (name, pages) => async (settled, signal) => {
  for await (const ids of pages) {
    await each(ids, ACTS[name].one, settled, signal);
    if (signal.aborted) return;
  }
};

/** Does it, and says what came of it. */
async function carryOut(name, count, work) {
  const { label, noun, done: word } = ACTS[name], refused = new Map();
  let done = 0, failed = 0, open = 0, isOpen, ended, isStopped;
  await withProgress(`${label}: ${counted(count, noun)}`, count, async (progress, signal) => {
    const settled = (number, id, answer, problem) => {
      if (problem) {
        const reason = `${problem.status || problem.title}: ${problem.detail}`, those = refused.get(reason) ?? { count: 0, ids: [] };
        those.count += 1;
        if (those.ids.length < EXAMPLES) those.ids.push(id);
        if (refused.size < REASONS) refused.set(reason, those);
        failed += 1;
      } else {
        done += number;
        const left = openOf(answer);
        if (left) [open, isOpen] = [open + 1, left];
      }
      progress(done + failed);
    };
    try { await work(settled, signal); } catch (problem) { ended = problemOf(problem); }
    isStopped = signal.aborted;
  }, count === 1);
  selectOnly([]);
  await reread();
  const left = Math.max(0, count - done - failed);
  if (!failed && !ended && !left) return say(`${counted(done, noun)} ${word}` + (open ? `; ${open} ${isOpen}` : ''));
  return tell(`${label}: not all of it was done`,
    el('p', `${done} ${word}, ${failed} not${left ? `, ${left} ${isStopped ? 'not tried as it was stopped' : 'that did not match any more'}` : ''}.`),
    el('ul', [...refused].map(([reason, { count, ids }]) => el('li', `${count} × ${reason}`, listed(ids, count)))),
    ended && problemBox(ended));
}
