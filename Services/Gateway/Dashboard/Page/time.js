/** Times as people read them: the one formatter of all pages. */

import { state } from './state.js';
import { badge, el, soft } from './view.js';

const formats = new Map();
const STEPS = [['y', 31_557_600], ['d', 86_400], ['h', 3_600], ['min', 60], ['s', 1]];

export const localZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

function format(zone) {
  if (!formats.has(zone)) {
    formats.set(zone, new Intl.DateTimeFormat('en-GB', {
      timeZone: zone, weekday: 'short', day: '2-digit', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit',
      hourCycle: 'h23', timeZoneName: 'shortOffset' }));
  }
  return formats.get(zone);
}

export function isZone(zone) {
  try { return Boolean(format(zone)); } catch { return false; }
}

const zoneOr = zone => isZone(zone) ? zone : 'UTC';

/** `Thu 26 Nov 2026, 08:00:00 UTC+1` of unix seconds in a zone. */
export function text(seconds, zone) {
  let part;
  // A number that is no time is shown as it is.
  try { part = Object.fromEntries(format(zoneOr(zone)).formatToParts(seconds * 1_000).map(({ type, value }) => [type, value])); } catch { return String(seconds); }
  return `${part.weekday} ${part.day} ${part.month} ${part.year}, ${part.hour}:${part.minute}:${part.second} ${part.timeZoneName.replace('GMT', 'UTC')}`;
}

/** The zone that the reader has chosen, for a reminder in this one. */
export const chosenZone = (own = 'UTC') => ({ utc: 'UTC', own })[state.zone] ?? localZone();

/** `in 5 min`, `3 h ago`. */
export function fromNow(seconds) {
  const distance = seconds - Date.now() / 1_000, much = Math.abs(distance), step = STEPS.find(([, length]) => much >= length);
  if (!step) return 'now';
  const said = `${Math.floor(much / step[1])} ${step[0]}`;
  return distance > 0 ? `in ${said}` : `${said} ago`;
}

/** `2 h 30 min` of a duration, by so many units. */
export function duration(seconds, units = 2) {
  const named = STEPS.slice(1).map(([unit, length]) => {
    const count = Math.floor(seconds / length);
    seconds %= length;
    return count && `${count} ${unit}`;
  });
  return named.filter(Boolean).slice(0, units).join(' ') || '0 s';
}

/** The times of a series on its zone's clock, below each the same here, and where its clock changes between two of them. */
export function times(upcoming, zone) {
  const here = localZone(), offsets = upcoming.map(at => text(at, zone).split(' ').at(-1));
  return [soft(`On the clock of ${zone}`, zone !== here && `, below it here (${here})`, !isZone(zone) && ', which this browser does not know: in UTC'),
    el('ol.times', upcoming.map((at, index) => el('li', text(at, zone), index > 0 && offsets[index - 1] !== offsets[index] && [' ', badge('warn', `clocks change to ${offsets[index]}`)],
      el('div', soft(zone !== here && text(at, here), ' ', fromNow(at))))))];
}

/** An instant, in unix seconds; `null` is a dash. */
export function time(seconds, own = 'UTC', isRelative = true) {
  if (seconds === null) return soft('–');
  const zones = new Set([localZone(), 'UTC', own]);
  return el('time', { title: [...zones].map(zone => `${text(seconds, zone)}  ${zone}`).join('\n') }, text(seconds, chosenZone(own)), isRelative && soft(` ${fromNow(seconds)}`));
}

/** What a zone's clock shows, as inputs take it: `2026-11-26T08:00:00`. */
export const wall = (seconds, zone) => new Date(seconds * 1_000).toLocaleString('sv', { timeZone: zoneOr(zone) }).replace(' ', 'T');

const offset = (seconds, zone) => Date.parse(wall(seconds, zone) + 'Z') / 1_000 - Math.floor(seconds);

/** When a zone's clock shows that; of a time that it shows twice, one. `null`: no time. */
export function instant(wall, zone) {
  const shown = Date.parse(wall + 'Z') / 1_000;
  return Number.isNaN(shown) || !isZone(zone) ? null : shown - offset(shown - offset(shown, zone), zone);
}
