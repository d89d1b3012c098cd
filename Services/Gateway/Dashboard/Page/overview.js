/** What is wrong, for whom, and what is coming: what the event stream tells, and what falls due within the hour. */

import { get, walk } from './api.js';
import { address, may, remember, state } from './state.js';
import { bars } from './charts.js';
import * as columns from './columns.js';
import { alarmList, badge, el, empty, heading, link, section, soft, tabled } from './parts.js';
import { chosenZone, duration, text } from './time.js';

const HOUR = 3_600, MINUTE = 60, BARS = 60, TICK = 15;
/** Of the coming reminders that are looked at, and how long they are good. */
const COMING = 1_000, PAGES = 5, COMING_MS = 15_000;

const comingNow = () => Math.floor(Date.now() / COMING_MS);

async function load({ first }) {
  const now = Math.floor(Date.now() / 1_000);
  const [live, { reminders }] = await Promise.all([may('oversees') ? get('/overview') : null, get('/reminders', { limit: 1 })]);
  const data = { now, live, isNew: reminders.length === 0 };
  first(data);
  return { ...data, coming: await remember(`coming ${comingNow()}`, () => walk('/reminders', 'reminders', { state: 'scheduled', due_before: now + HOUR }, COMING, PAGES)) };
}

/** What somebody should look at, the worst first. */
function alarms({ counts, queues, notices }, unserved) {
  return alarmList([
    counts.dead && ['bad', `${counts.dead} given up`, 'to be replayed or discarded', link('/dead-letters', {}, 'Look at them')],
    counts.held && ['bad', `${counts.held} held`, 'the credential was refused, nothing more of these series is sent', link('/held', {}, 'Give a new one')],
    unserved.length && ['bad', `${unserved.length} due within the hour are not served`, `no worker has ${unserved[0].task} in ${unserved[0].queue}`],
    ...notices.map(notice => ['bad', 'Notice', notice]),
    ...queues.map(({ name, paused, ready, workers }) => (paused || ready && !workers) &&
      [paused ? 'warn' : 'bad', `Queue ${name} ${paused ? 'is paused' : 'has no worker'}`, `${ready} wait in it`, link('/queues', {}, 'Look at the queues')]),
  ]) || el('p.calm', badge('good', 'All well'), ' Nothing is held, nothing was given up, every queue with work has a worker.');
}

function tiles({ counts, rates, oldest_ready_ms: oldest }) {
  const tile = (name, value, isBad, path, state) => el('a', { class: isBad ? 'tile bad' : 'tile', href: address(path, { state }) }, el('strong', value ?? '–'), soft(name));
  const of = (name, state, value = counts[state], isBad = false) => tile(name, value, isBad, '/occurrences', state), rate = value => `${value.toFixed(1)}/s`;
  return el('div.tiles',
    tile('dead letters', counts.dead, counts.dead, '/dead-letters'), tile('held', counts.held, counts.held, '/held'), of('not served', 'ready', counts.unserved, counts.unserved),
    of('ready', 'ready'), of('oldest waits', 'ready', oldest === null ? '–' : duration(oldest / 1_000, 1)), of('running', 'running'), of('to be tried again', 'retrying'),
    of('delivered', 'running', rate(rates.delivered)), of('failing', 'retrying', rate(rates.failed), rates.failed), tile('created', rate(rates.created), false, '/reminders'));
}

function comingChart({ now, coming: { items, more } }) {
  const counts = Array(BARS).fill(0), due = items.map(({ next_fire_at: next }) => next).filter(next => next !== null);
  if (!due.length) return soft('Nothing is due within the hour.');
  for (const next of due) counts[Math.min(BARS - 1, Math.max(0, Math.floor((next - now) / MINUTE)))] += 1;
  const names = counts.map((value, minute) => text(now + minute * MINUTE, chosenZone()).match(/\d\d:\d\d/)[0]);
  return bars(`Due in the next hour, by the minute: the next firing of ${due.length}${more ? '+' : ''} reminders`,
    counts.map((value, minute) => ({ name: names[minute], value })), 'a minute', names.filter((name, minute) => minute % TICK === 0));
}

function draw({ data, live }) {
  const now = live ?? data.live;
  return [
    heading('Overview', columns.creating()), data.isNew && empty(...columns.beginning()),
    now && [alarms(now, data.coming?.items.filter(({ served }) => !served) ?? []), tiles(now)],
    section('Coming', data.coming ? comingChart(data) : soft('…')),
    now && tabled('Workers', { columns: [columns.worker, columns.standing, columns.version, columns.load, columns.finished, columns.failed], rows: now.workers, key: ({ instance }) => instance }, 'None is attached: nothing is delivered.',
      now.more_workers && link('/workers', {}, 'All of them')),
    el('p.pager', soft(`As of ${text((live?.at_ms ?? state.readAt) / 1_000, chosenZone())}.`)),
  ];
}

export default { title: () => 'Overview', load, draw, follows: comingNow };
