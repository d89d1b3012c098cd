/** What is wrong, for whom, and what is coming: what the event stream tells, and what falls due within the hour. */

import { get, walk } from './api.js';
import { may, remember, state } from './state.js';
import { bars } from './charts.js';
import { alarmList, badge, el, empty, heading, link, linkButton, section, soft, table, tile, workerLink } from './parts.js';
import { chosenZone, duration, text } from './time.js';
import { load as loadOf, stateOf } from './workers.js';

const HOUR = 3_600, MINUTE = 60, BARS = 60, TICK = 15;
/** Of the coming reminders that are looked at, and how long they are good. */
const COMING = 1_000, PAGES = 5, COMING_MS = 15_000;

const comingNow = () => Math.floor(Date.now() / COMING_MS);

async function load({ first }) {
  const now = Math.floor(Date.now() / 1_000);
  const [live, { reminders }] = await Promise.all([may('oversees') ? get('/overview') : null, get('/reminders', { limit: 1 })]);
  const data = { now, live, isNew: reminders.length === 0, coming: null };
  first(data);
  return { ...data, coming: await remember(`coming ${comingNow()}`, () =>
    walk('/reminders', 'reminders', { state: 'scheduled', due_before: now + HOUR }, { limit: COMING, pages: PAGES })) };
}

/** What somebody should look at, the worst first. */
function alarms({ counts, queues, notices }, unserved) {
  const look = () => link('/queues', {}, 'Look at the queues');
  return [
    counts.dead && ['bad', `${counts.dead} given up`, 'wait to be replayed or discarded', link('/dead-letters', {}, 'Look at them')],
    counts.held && ['bad', `${counts.held} held`, 'the credential was refused, nothing more of these series is sent', link('/held', {}, 'Give a new one')],
    unserved.length && ['bad', `${unserved.length} due within the hour are not served`, `no worker has ${unserved[0].task} in ${unserved[0].queue}`],
    ...notices.map(notice => ['bad', 'Notice', notice]),
    ...queues.map(({ name, paused, ready, workers }) => paused ? ['warn', `Queue ${name} is paused`, `${ready} wait in it`, look()]
      : ready && !workers && ['bad', `Queue ${name} has no worker`, `${ready} wait in it`, look()]),
  ];
}

function comingChart({ now, coming: { items, more } }) {
  const counts = Array.from({ length: BARS }, () => 0);
  const due = items.map(({ next_fire_at: next }) => next).filter(next => next !== null);
  if (!due.length) return el('p.soft', 'Nothing is due within the hour.');
  for (const next of due) counts[Math.min(BARS - 1, Math.max(0, Math.floor((next - now) / MINUTE)))] += 1;
  const names = counts.map((value, minute) => text(now + minute * MINUTE, chosenZone()).replace(/^.*, (\d\d:\d\d).*$/, '$1'));
  return bars(`Due in the next hour, by the minute: the next firing of ${due.length}${more ? '+' : ''} reminders`,
    counts.map((value, minute) => ({ name: names[minute], value })), 'a minute', names.filter((name, minute) => minute % TICK === 0));
}

const fleet = [
  ['Worker', ({ instance }) => workerLink(instance)],
  ['State', stateOf], ['Version', 'version'], ['Running', loadOf, 'number'],
  ['Finished', 'finished', 'number'], ['Failed', 'failed', 'number'],
];

function counted({ counts, rates, queues, oldest_ready_ms: oldest, notices }, unserved) {
  const of = state => ['/occurrences', { state }], rate = value => `${value.toFixed(1)}/s`;
  return [
    alarmList(alarms({ counts, queues, notices }, unserved)) || el('p.calm', badge('good', 'All well'), ' Nothing is held, nothing was given up, every queue with work has a worker.'),
    el('div.tiles',
      tile('dead letters', counts.dead, counts.dead, '/dead-letters'), tile('held', counts.held, counts.held, '/held'), tile('not served', counts.unserved, counts.unserved, ...of('ready')),
      tile('ready', counts.ready, false, ...of('ready')), tile('oldest waits', oldest === null ? '–' : duration(oldest / 1_000), false, ...of('ready')),
      tile('running', counts.running, false, ...of('running')), tile('to be tried again', counts.retrying, false, ...of('retrying')),
      tile('delivered', rate(rates.delivered), false, ...of('running')), tile('failing', rate(rates.failed), rates.failed, ...of('retrying')), tile('created', rate(rates.created), false, '/reminders')),
  ];
}

const fleetOf = ({ workers, more_workers: more }) => section('Workers',
  workers.length ? table({ caption: 'Workers', columns: fleet, rows: workers, key: ({ instance }) => instance }) : soft('None is attached: nothing is delivered.'),
  more && link('/workers', {}, 'All of them'));

function draw({ data, live }) {
  const now = live ?? data.live, unserved = data.coming?.items.filter(({ served }) => !served) ?? [];
  return [
    heading('Overview', may('changes') && linkButton('/reminders/new', 'New reminder', { class: 'button main' })),
    data.isNew && empty('There are no reminders yet', may('changes') ? link('/reminders/new', {}, 'Create the first one') : 'A caller whose role may create them can',
      ', or send one to ', el('code', 'POST /remind_me'), '; ', el('code', '/docs'), ' of the API shows how.'),
    now && counted(now, unserved),
    section('Coming', data.coming ? comingChart(data) : soft('…')),
    now && fleetOf(now),
    el('p.pager', soft(`As of ${text(Math.floor((live?.at_ms ?? state.readAt) / 1_000), chosenZone())}.`)),
  ];
}

export default { title: () => 'Overview', load, draw, follows: comingNow };
