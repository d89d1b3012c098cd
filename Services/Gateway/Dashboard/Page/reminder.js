/** One reminder: what it is, when it comes next, what became of it. */

import { get, path, post } from './api.js';
import { may, remember } from './state.js';
import { actButtons } from './acts.js';
import { bars } from './charts.js';
import { STATES } from './columns.js';
import { alarmList, badge, copyButton, el, facts, heading, link, linkButton, section, soft, table, titleOf, words } from './parts.js';
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

async function load({ params: { id } }) {
  const [reminder, { upcoming }, { attempts }] = await Promise.all([
    get(path`/reminders/${id}`), get(path`/reminders/${id}/upcoming`, { count: UPCOMING }), get(path`/reminders/${id}/attempts`, { limit: ATTEMPTS }),
  ]);
  return { reminder, rule: await english(reminder), upcoming, attempts };
}

function attemptList({ reminder: { timezone: zone }, attempts }) {
  if (!attempts.length) return soft('It has not been tried yet.');
  const latest = attempts.slice(0, CHARTED).reverse();
  return [
    bars('How long the latest attempts took', latest.map(({ duration_us: micros, outcome, scheduled_at: at }) =>
      ({ name: `${text(at, zone)}, ${outcome}`, value: Math.round(micros / 1_000), kind: kindOf(outcome) })), 'ms'),
    table({
      caption: 'Attempts', rows: attempts, key: ({ scheduled_at: at, number, started_at_ms: started }) => `${at} ${number} ${started}`, columns: [
        ['Due', ({ scheduled_at: at }) => time(at, zone, false)],
        ['Attempt', 'number', 'number'],
        ['Outcome', ({ outcome, status_code: status }) => [badge(kindOf(outcome), outcome), status]],
        ['Late', ({ lateness_ms: late }) => late < 1_000 ? `${late} ms` : duration(Math.floor(late / 1_000)), 'number'],
        ['Took', ({ duration_us: micros }) => `${(micros / 1_000).toFixed(1)} ms`, 'number'],
        ['Said', ({ detail }) => words(detail, 300), 'wide'],
      ] }),
    attempts.length === ATTEMPTS && soft(`The latest ${ATTEMPTS}; there may be more.`),
  ];
}

function draw({ data }) {
  const { reminder, rule, upcoming } = data;
  const { id, state, task, queue, held_since: since, occurrences, missed, jitter_seconds: jitter, expires_after_seconds: expiry, max_attempts: most } = reminder;
  const at = seconds => time(seconds, reminder.timezone);
  return [
    heading(words(titleOf(reminder), 200), may('changes') && linkButton(`/reminders/${id}/edit`, 'Edit', { id: 'edit', class: 'button small' }), actButtons(ACTS[state], [id])),
    el('p.rule-text', badge(STATES[state], state), rule.text),
    alarmList([
      since !== null && ['bad', 'Held', ['since ', at(since), ': its credential was refused.'], link('/held', { reminder_id: id }, 'Look at it')],
      occurrences.dead > 0 && ['bad', `${occurrences.dead} given up`, 'wait to be replayed or discarded', link('/dead-letters', { reminder_id: id }, 'Look at them')],
      reminder.next_fire_at !== null && !reminder.served && ['bad', 'No worker', `serves ${task} in the queue ${queue}`],
      ...rule.warnings.map(warning => ['warn', 'Note', warning]),
    ]),
    facts([
      ['Id', el('code', id), ' ', copyButton(id, 'the id')],
      ['Next', at(reminder.next_fire_at)],
      ['Starts', at(reminder.start_datetime)],
      reminder.rrule && ['Rule', el('code.words', reminder.rrule)],
      ['Zone', reminder.timezone],
      reminder.until !== null && ['Until', at(reminder.until)],
      ['Task', link('/reminders', { task }, el('code', task))],
      ['Queue', link('/reminders', { queue }, queue)],
      ['Credential', since !== null ? badge('bad', 'refused') : STATES[state] ? 'sealed, never shown' : 'gone, or about to be'],
      ['Occurrences', Object.entries(occurrences).map(([name, count]) => `${count} ${name}`).join(', ')],
      missed && ['Missed', `${missed.at_least ? 'at least ' : ''}${missed.count}, from `, at(missed.first)],
      ['Priority', reminder.priority],
      ['If missed', reminder.misfire_policy + (reminder.misfire_policy === 'fire_all' ? `, the latest ${reminder.catch_up_limit}` : '')],
      ['Tried for', duration(reminder.retry_for_seconds) + (most ? `, at most ${most} times` : '')],
      jitter > 0 && ['Spread over', duration(jitter)],
      expiry !== null && ['Expires after', duration(expiry)],
      ['Created', at(reminder.created_at), reminder.caller && ` with the key ${reminder.caller}`],
      ['Changed', at(reminder.updated_at)],
      ['Revision', reminder.revision],
    ]),
    section('The next times', upcoming.length ? times(upcoming, reminder.timezone) : soft('Nothing of it is coming.')),
    section('Attempts', attemptList(data)),
    section('What is sent', el('pre', stringify(reminder.notification_metadata ?? { args: reminder.args, kwargs: reminder.kwargs }, 2))),
  ];
}

export default { title: ({ data }) => data ? titleOf(data.reminder) : 'Reminder', load, draw };
