/** One reminder: what it is, when it comes next, what became of it. */

import { get, path, post, walk } from './api.js';
import { may, remember } from './state.js';
import { el } from './view.js';
import { actButtons } from './acts.js';
import { bars } from './charts.js';
import { badge, copyButton, facts, heading, link, linkButton, section, shortened, soft, table, words } from './parts.js';
import aside from './aside.js';
import { duration, fromNow, localZone, offsetName, text, time } from './time.js';
import { stringify } from './json.js';

const UPCOMING = 20, ATTEMPTS = 100, SET_ASIDE = 50;
const ACTS = { scheduled: ['pause', 'run', 'cancel'], paused: ['resume', 'run', 'cancel'], completed: ['run'], cancelled: [] };
/** The states in which something of it may be sent. */
const OPEN = { scheduled: 'good', paused: 'warn' };
const KINDS = { delivered: 'good', retry: 'warn', lease_lost: 'warn', misfired: 'warn' };

const SCHEDULE = ['rrule', 'start_datetime', 'timezone', 'until', 'exdates', 'rdates'];

/** The rule in English, which only another revision changes. */
function english(reminder) {
  return remember(`rule ${reminder.id} ${reminder.revision}`, async () => {
    if (!reminder.rrule && !reminder.rdates.length) return { text: 'Once', warnings: [] };
    try {
      return await post('/preview', { ...Object.fromEntries(SCHEDULE.map(name => [name, reminder[name]])), count: 1 });
    } catch (problem) {
      return { text: problem.detail, warnings: [] };
    }
  });
}

async function load({ params: { id } }) {
  const [reminder, upcoming, attempts, dead, held] = await Promise.all([
    get(path`/reminders/${id}`), get(path`/reminders/${id}/upcoming`, { count: UPCOMING }), get(path`/reminders/${id}/attempts`, { limit: ATTEMPTS }),
    walk('/dead-letters', 'dead_letters', { reminder_id: id }, { limit: SET_ASIDE }), walk('/held', 'held', { reminder_id: id }, { limit: SET_ASIDE }),
  ]);
  return { reminder, rule: await english(reminder), upcoming: upcoming.upcoming, attempts: attempts.attempts, dead, held };
}

const title = reminder => reminder.description || reminder.notification_metadata?.title || reminder.task;

/** The next times, here and where the reminder lives, and where a clock changes between two of them. */
function times({ reminder, upcoming }) {
  if (!upcoming.length) return soft('Nothing of it is coming.');
  const zone = reminder.timezone, here = localZone();
  const changed = (at, index) => index > 0 && offsetName(at, zone) !== offsetName(upcoming[index - 1], zone);
  const rows = upcoming.map((at, index) => ({ at, changed: changed(at, index) }));
  return table({
    caption: 'The next times', isPlain: true, rows, key: ({ at }) => String(at), columns: [
      [zone, ({ at, changed }) => [text(at, zone), changed ? [' ', badge('warn', `clocks change to ${offsetName(at, zone)}`)] : null]],
      zone === here ? null : [`Here (${here})`, ({ at }) => text(at, here)],
      ['Is', ({ at }) => soft(fromNow(at))],
    ].filter(Boolean) });
}

function attemptList({ reminder, attempts }) {
  if (!attempts.length) return soft('It has not been tried yet.');
  const latest = attempts.slice(0, 40).reverse();
  return [
    bars(`How long the latest ${latest.length} attempts took`, latest.map(({ duration_us: micros, outcome, scheduled_at: at }) => (
      { name: `${text(at, reminder.timezone)}, ${outcome}`, value: Math.round(Number(micros) / 1_000), kind: outcome === 'delivered' ? 'good' : KINDS[outcome] ?? 'bad' })), 'ms'),
    table({
      caption: 'Attempts', rows: attempts, key: ({ scheduled_at: at, number, started_at_ms: started }) => `${at} ${number} ${started}`, columns: [
        ['Due', ({ scheduled_at: at }) => time(at, reminder.timezone, { relative: false })],
        ['Attempt', ({ number }) => number, 'number'],
        ['Outcome', ({ outcome, status_code: status }) => [badge(KINDS[outcome] ?? 'bad', outcome), ' ', status ?? '']],
        ['Late', ({ lateness_ms: late }) => late < 1_000 ? `${late} ms` : duration(Math.floor(Number(late) / 1_000)), 'number'],
        ['Took', ({ duration_us: micros }) => `${(Number(micros) / 1_000).toFixed(1)} ms`, 'number'],
        ['Said', ({ detail }) => shortened(detail, 300), 'wide'],
      ] }),
    attempts.length === ATTEMPTS ? soft(`The latest ${ATTEMPTS}; there may be more.`) : null,
  ];
}

function setAside(found, name, heading, acts) {
  if (!found.items.length) return null;
  return section(heading, table({
    caption: heading, rows: found.items, key: ({ id }) => id, columns: [...aside.columns.slice(1), ['Do', ({ id }) => actButtons(acts, [id]), 'do']],
  }), found.more ? link(`/${name}`, { reminder_id: found.items[0].reminder_id }, 'All of them') : null);
}

/** What is wrong with it. */
function alarms({ reminder, rule }, at) {
  const found = [
    reminder.held_since !== null && ['bad', 'Held since ', at(reminder.held_since), ': its credential was refused. ', may('operates') && link('/held', { reminder_id: reminder.id }, 'Give a new one')],
    reminder.next_fire_at !== null && !reminder.served && ['bad', `No worker serves ${reminder.task} in the queue ${reminder.queue}.`],
    ...rule.warnings.map(warning => ['warn', warning]),
  ].filter(Boolean);
  return found.length ? el('ul', { class: 'alarms' }, found.map(([kind, ...what]) => el('li', { class: kind }, what))) : null;
}

function what(reminder, at) {
  const { state, occurrences, missed, task, queue, jitter_seconds: jitter, expires_after_seconds: expiry, max_attempts: most } = reminder;
  return facts([
    ['Id', el('code', reminder.id), ' ', copyButton(reminder.id, 'the id')],
    ['Next', at(reminder.next_fire_at)],
    ['Starts', at(reminder.start_datetime)],
    reminder.rrule && ['Rule', el('code', { class: 'words' }, reminder.rrule)],
    ['Zone', reminder.timezone],
    reminder.until !== null && ['Until', at(reminder.until)],
    ['Task', link('/reminders', { task }, el('code', task))],
    ['Queue', link('/reminders', { queue }, queue)],
    ['Credential', reminder.held_since !== null ? badge('bad', 'refused') : state in OPEN ? 'sealed, never shown' : 'gone, or about to be'],
    ['Occurrences', Object.entries(occurrences).map(([name, count]) => `${count} ${name}`).join(', ')],
    missed && ['Missed', `${missed.at_least ? 'at least ' : ''}${missed.count}, from `, at(missed.first)],
    ['Priority', reminder.priority],
    ['If missed', reminder.misfire_policy + (reminder.misfire_policy === 'fire_all' ? `, the latest ${reminder.catch_up_limit}` : '')],
    ['Tried for', duration(reminder.retry_for_seconds) + (most ? `, at most ${most} times` : '')],
    jitter > 0 && ['Spread over', duration(jitter)],
    expiry !== null && ['Expires after', duration(expiry)],
    ['Created', at(reminder.created_at), reminder.caller && ` with the key ${reminder.caller}`],
    ['Changed', at(reminder.updated_at), ` revision ${reminder.revision}`],
    ['Description', words(reminder.description)],
  ]);
}

function draw({ data }) {
  const { reminder, rule, dead, held } = data;
  const { id, state } = reminder;
  const at = seconds => time(seconds, reminder.timezone);
  return [
    heading(shortened(title(reminder), 200), may('changes') && linkButton(`/reminders/${id}/edit`, 'Edit', { id: 'edit' }), actButtons(ACTS[state], [id])),
    el('p', { class: 'rule-text' }, badge(OPEN[state], state), rule.text),
    alarms(data, at),
    what(reminder, at),
    setAside(held, 'held', 'Held', ['replayHeld', 'discardHeld']), setAside(dead, 'dead-letters', 'Dead letters', ['replay', 'discard']),
    section('The next times', times(data)),
    section('Attempts', attemptList(data)),
    section('What is sent', el('pre', stringify(reminder.notification_metadata ?? { args: reminder.args, kwargs: reminder.kwargs }, 2))),
  ];
}

export default { title: ({ data }) => data ? title(data.reminder) : 'Reminder', load, draw };
