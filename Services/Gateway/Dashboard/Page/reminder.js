/** One reminder: what it is, when it comes next, what became of it. */

import { get, path, post } from './api.js';
import { address, may, remember } from './state.js';
import { actButtons } from './acts.js';
import { bars } from './charts.js';
import * as columns from './columns.js';
import { alarmList, badge, copyButton, el, facts, heading, link, section, soft, table, tabled, titleOf, words } from './parts.js';
import { duration, text, time, times } from './time.js';
import { stringify } from './json.js';

const UPCOMING = 20, ATTEMPTS = 100, CHARTED = 40;
const ACTS = { scheduled: ['pause', 'run', 'cancel'], paused: ['resume', 'run', 'cancel'], completed: ['run'], cancelled: [] };
const KINDS = { delivered: 'good', retry: 'warn', lease_lost: 'warn', misfired: 'warn', cancelled: '' };

const kindOf = outcome => KINDS[outcome] ?? 'bad';

/** The rule in English, which only another revision changes. */
const english = ({ id, revision, rrule, start_datetime, timezone, until, exdates, rdates }) => remember(`rule ${id} ${revision}`, async () => {
  if (!rrule && !rdates.length) return { text: 'once', warnings: [] };
  try { return await post('/preview', { rrule, start_datetime, timezone, until, exdates, rdates, count: 1 }); } catch (problem) { return { text: problem.detail, warnings: [] }; }
});

/** What of it is ready, runs, or is tried again, looked for only where something can be. */
async function underWay({ id, next_fire_at: next, occurrences: { retrying } }) {
  if (!retrying && (next === null || next * 1_000 > Date.now())) return [];
  const lists = await Promise.all(['ready', 'retrying', 'running'].map(state => get('/occurrences', { state, reminder_id: id })));
  // What is tried again is in two of them once it waits for a worker.
  return [...new Map(lists.flatMap(({ occurrences }) => occurrences).map(one => [one.id, one])).values()];
}

async function load({ param: id }) {
  const [reminder, { upcoming }, { attempts }] = await Promise.all([
    get(path`/reminders/${id}`), get(path`/reminders/${id}/upcoming`, { count: UPCOMING }), get(path`/reminders/${id}/attempts`, { limit: ATTEMPTS }),
  ]);
  const [rule, now] = await Promise.all([english(reminder), underWay(reminder)]);
  return { reminder, rule, upcoming, attempts, now };
}

function attemptList({ reminder: { timezone: zone }, attempts }) {
  if (!attempts.length) return soft('It has not been tried yet.');
  const latest = attempts.slice(0, CHARTED).reverse();
  return [
    bars('How long the latest attempts took', latest.map(({ duration_us: micros, outcome, scheduled_at: at }) =>
      ({ name: `${text(at, zone)}, ${outcome}`, value: Math.round(micros / 100) / 10, kind: kindOf(outcome) })), 'ms'),
    table({
      caption: 'Attempts', rows: attempts, key: ({ scheduled_at: at, number, started_at_ms: started }) => `${at} ${number} ${started}`, columns: [
        ['Due', ({ scheduled_at: at }) => time(at, zone, false)],
        ['Attempt', 'number', 'number'],
        ['Outcome', ({ outcome, status_code: status }) => [badge(kindOf(outcome), outcome), status]],
        ['Late', ({ lateness_ms: late }) => late < 1_000 ? `${late} ms` : duration(Math.floor(late / 1_000)), 'number'],
        ['Took', ({ duration_us: micros }) => `${(micros / 1_000).toFixed(1)} ms`, 'number'],
        ['Said', ({ detail, result }) => [words(detail, 300), result !== null && el('pre', stringify(result))], 'wide'],
      ] }),
    attempts.length === ATTEMPTS && soft(`The latest ${ATTEMPTS}; there may be more.`),
  ];
}

/** All that is known of it. */
const about = ({ id, task, queue, held_since: since, missed, jitter_seconds: jitter, expires_after_seconds: expiry, max_attempts: most, ...reminder }, at) => facts([
  ['Id', el('code', id), ' ', copyButton(id, 'the id')],
  ['Next', at(reminder.next_fire_at)],
  ['Starts', at(reminder.start_datetime)],
  reminder.rrule && ['Rule', el('code.words', reminder.rrule)],
  ['Zone', reminder.timezone],
  reminder.until !== null && ['Until', at(reminder.until)],
  ['Task', link('/reminders', { task }, el('code', task))],
  ['Queue', link('/reminders', { queue }, queue)],
  ['Credential', since !== null ? badge('bad', 'refused')
    : (reminder.notification_metadata ? '' : 'if it has one: ') + (columns.STATES[reminder.state] ? 'sealed, never shown' : 'sealed until nothing of it can be sent any more')],
  ['Occurrences', Object.entries(reminder.occurrences).map(([name, count]) => `${count} ${name}`).join(', ')],
  missed && ['Missed', `${missed.at_least ? 'at least ' : ''}${missed.count}, from `, at(missed.first)],
  ['Priority', reminder.priority],
  ['If missed', reminder.misfire_policy + (reminder.misfire_policy === 'fire_all' ? `, the latest ${reminder.catch_up_limit}` : '')],
  ['Tried for', duration(reminder.retry_for_seconds) + (most ? `, in ${most} attempts at most` : '')],
  jitter > 0 && ['Spread over', duration(jitter)],
  expiry !== null && ['Expires after', duration(expiry)],
  ['Created', at(reminder.created_at), reminder.caller && ` with the key ${reminder.caller}`],
  ['Changed', at(reminder.updated_at)],
  ['Revision', reminder.revision],
]);

function draw({ data }) {
  const { reminder, rule, upcoming, now } = data;
  const { id, state, task, queue, held_since: since, occurrences } = reminder, at = seconds => time(seconds, reminder.timezone);
  return [
    heading(words(titleOf(reminder), 200), may('changes') && el('a.button.small', { href: address(`/reminders/${id}/edit`), id: 'edit' }, 'Edit'), actButtons(ACTS[state], [id])),
    el('p.rule-text', badge(columns.STATES[state], state), rule.text),
    alarmList([
      since !== null && ['bad', 'Held', ['since ', at(since), ': its credential was refused.'], link('/held', { reminder_id: id }, 'Look at it')],
      occurrences.dead > 0 && ['bad', `${occurrences.dead} given up`, 'to be replayed or discarded', link('/dead-letters', { reminder_id: id }, 'Look at them')],
      reminder.next_fire_at !== null && !reminder.served && ['bad', 'No worker', `serves ${task} in the queue ${queue}`],
      ...rule.warnings.map(warning => ['warn', 'Note', warning]),
    ]),
    about(reminder, at),
    now.length > 0 && tabled('Under way', { columns: [columns.due, ['State', 'state'], columns.attempt, columns.occurrenceDo], rows: now }),
    section('The next times', upcoming.length ? times(upcoming, reminder.timezone) : soft('Nothing of it is coming.')),
    section('Attempts', attemptList(data)),
    section('What is sent', el('pre', stringify(reminder.notification_metadata ?? { args: reminder.args, kwargs: reminder.kwargs }, 2))),
  ];
}

export default { title: ({ data }) => data ? titleOf(data.reminder) : 'Reminder', load, draw };
