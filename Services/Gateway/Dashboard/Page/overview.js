/** What is wrong, for whom, and what is coming: as the lists and the queues say it. */

import { pulse, walk } from './api.js';
import { may, remember, state } from './state.js';
import { el } from './view.js';
import { bars } from './charts.js';
import { alarmList, badge, empty, heading, link, linkButton, soft, tile } from './parts.js';
import { chosenZone, text } from './time.js';

const HOUR = 3_600, MINUTE = 60, BARS = 60, TICK = 15;
/** How many of a list are counted; more are `200+`. */
const COUNTED = 200, COMING = 1_000, PAGES = 5;
/** How long the counts by state are good, as each may go through many. */
const COUNTS_MS = 60_000, COMING_MS = 15_000;
/** Tasks that are named where more are not served. */
const NAMED = 3;
const STATES = ['scheduled', 'paused', 'completed', 'cancelled'];

const shown = ({ items, more }) => items.length + (more ? '+' : '');

function countStates() {
  return remember(`counts ${Math.floor(Date.now() / COUNTS_MS)}`, async () =>
    Object.fromEntries(await Promise.all(STATES.map(async name => [name, await walk('/reminders', 'reminders', { state: name }, { limit: COUNTED, pages: 1 })]))));
}

function comingReminders(now) {
  return remember(`coming ${Math.floor(Date.now() / COMING_MS)}`, () =>
    walk('/reminders', 'reminders', { state: 'scheduled', due_before: now + HOUR }, { limit: COMING, pages: PAGES }));
}

async function load({ first }) {
  const now = Math.floor(Date.now() / 1_000);
  const [queues, dead, held, unready] = await Promise.all([walk('/queues', 'queues'), walk('/dead-letters', 'dead_letters'), walk('/held', 'held'), pulse()]);
  const data = { now, queues: queues.items, dead, held, unready, coming: { items: [] }, states: null };
  first(data);
  const [coming, states] = await Promise.all([comingReminders(now), countStates()]);
  return { ...data, coming, states };
}

/** What somebody should look at, the worst first. */
function alarms({ queues, dead, held, coming, unready }) {
  const people = new Set(held.items.map(({ created_by: person }) => person)).size;
  const unserved = coming.items.filter(({ served }) => !served);
  const tasks = [...new Set(unserved.map(({ task, queue }) => `${task} in ${queue}`))];
  const look = () => link('/queues', {}, 'Look at the queues');
  return [
    unready !== null && ['bad', 'The gateway is not ready', unready],
    dead.items.length && ['bad', `${shown(dead)} dead letters`, 'were given up and wait to be replayed or discarded', link('/dead-letters', {}, 'Look at them')],
    held.items.length && ['bad', `${shown(held)} held`, `of ${people} ${people === 1 ? 'person' : 'people'}: the credential was refused, nothing more of theirs is sent`, link('/held', {}, 'Give a new one')],
    unserved.length && ['bad', `${unserved.length} due within the hour are not served`, `no worker has ${tasks.slice(0, NAMED).join(', ')}${tasks.length > NAMED ? ' …' : ''}`],
    ...queues.map(({ name, paused, ready, workers }) => paused ? ['warn', `Queue ${name} is paused`, `${ready} wait in it`, look()]
      : ready && !workers && ['bad', `Queue ${name} has no worker`, `${ready} wait in it`, look()]),
  ];
}

function comingChart({ now, coming }) {
  const counts = Array.from({ length: BARS }, () => 0);
  const due = coming.items.map(({ next_fire_at: next }) => next).filter(next => next !== null);
  if (!due.length) return el('p', 'Nothing is due within the hour.');
  for (const next of due) counts[Math.min(BARS - 1, Math.max(0, Math.floor((next - now) / MINUTE)))] += 1;
  const names = counts.map((value, minute) => text(now + minute * MINUTE, chosenZone()).replace(/^.*, (\d\d:\d\d).*$/, '$1'));
  return bars(`Due in the next hour, by the minute: the next firing of ${due.length}${coming.more ? '+' : ''} reminders`,
    counts.map((value, minute) => ({ name: names[minute], value })), 'a minute', names.filter((name, minute) => minute % TICK === 0));
}

function draw({ data }) {
  const none = data.states && STATES.every(name => data.states[name].items.length === 0);
  const sum = name => data.queues.reduce((all, queue) => all + queue[name], 0);
  return [
    heading('Overview', may('changes') && linkButton('/reminders/new', 'New reminder', { class: 'button main' })),
    alarmList(alarms(data)) || el('p', { class: 'calm' }, badge('good', 'All well'), ' Nothing is held, nothing was given up, every queue with work has a worker.'),
    el('div', { class: 'tiles' },
      tile('dead letters', shown(data.dead), data.dead.items.length > 0, '/dead-letters'),
      tile('held', shown(data.held), data.held.items.length > 0, '/held'),
      tile('ready, waiting', sum('ready'), false, '/queues'), tile('running', sum('running'), false, '/queues'),
      STATES.map(name => tile(name, data.states ? shown(data.states[name]) : '…', false, '/reminders', { state: name }))),
    none ? empty('There are no reminders yet', may('changes') ? link('/reminders/new', {}, 'Create the first one') : 'A caller whose role may create them',
      ', or send one to ', el('code', 'POST /remind_me'), '; ', el('code', '/docs'), ' of the API shows how.') : data.states && comingChart(data),
    el('p', { class: 'pager' }, soft(`A + says that there are more than were counted. Counts by state are at most ${COUNTS_MS / 1_000} s old, the rest as of ${text(Math.floor(state.readAt / 1_000), chosenZone())}.`)),
  ];
}

export default { title: () => 'Overview', load, draw };
