/** Draws the frame and the page whenever something has changed, and follows what changes. */

import { address, change, chooseZone, go, may, reload, ROOT, signOut, start, state } from './state.js';
import { badge, button, byId, el, link, optionsOf, problemBox, show, soft } from './parts.js';
import { localZone } from './time.js';
import { follow } from './live.js';
import { listenToKeys } from './keys.js';
import { pages } from './pages.js';

/** How old the data of a page may be that no event tells of, and of one of which events tell. */
const OLD_MS = 5_000, OLDER_MS = 60_000;

let drawn = [], followed = '', askedAt = 0;

function header({ session, stale, zone }) {
  const zones = [['local', `My time (${localZone()})`], ['utc', 'UTC'], ['own', 'Each reminder’s zone']];
  show(byId('header'),
    el('a.title', { href: ROOT }, 'task-scheduler'),
    session?.version && el('span.version.soft', session.version),
    el('span', { class: stale === null ? 'live good' : 'live bad', id: 'live' }, stale === null ? 'Live' : 'Not live'),
    el('label.zone', el('span.unseen', 'Times are shown in'), el('select', { id: 'zone', value: zone, onchange: event => chooseZone(event.target.value) }, optionsOf(zones))),
    session?.needs_key && [soft(`${session.caller} (${session.role})`), button('Sign out', signOut, { class: 'small', id: 'sign-out' })]);
  byId('stale').hidden = stale === null;
  show(byId('stale'), stale !== null && `Not live, what is shown may be old: ${stale}`);
}

function menu({ page: current, session, live }) {
  // A page that is not in the menu may be below another.
  const standing = page => page === current ? 'page' : page.path && !current?.menu && current?.path.startsWith(page.path) ? 'true' : null;
  // Its place is there before there is a count: what is about to be clicked must not move away.
  const counted = count => [' ', badge(count > 0 ? 'bad' : 'empty', count ?? 0)];
  show(byId('pages'), (session || current?.path !== '/sign-in') && pages.filter(({ menu, needs }) => menu && (!needs || may(needs))).map(page =>
    el('a', { href: address(page.path), title: `g ${page.key}`, 'aria-current': standing(page) }, page.menu, page.count && counted(live?.counts[page.count]))));
}

function content({ page, data, problem, visit }, isAsked) {
  const now = [visit, data, problem];
  // What is typed in stays as it is until it is asked for, or there is something else.
  if (!page || page.isStill && !isAsked && drawn.length && drawn.every((part, index) => part === now[index])) return;
  const main = byId('main'), [before] = drawn, isNew = before !== visit, isMissing = page.load && data === null;
  drawn = now;
  // Nothing of another page is kept, not even what was typed.
  if (isNew) main.replaceChildren();
  show(main, problem && problemBox(problem, button('Try again', reload), isMissing && problem.status === 404 && link('/reminders', {}, 'All reminders')),
    isMissing ? !problem && soft('Loading …') : page.draw(state, () => draw(true)));
  document.title = `${page.title(state)} · task-scheduler`;
  if (!isNew) return;
  byId('pages').querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  if (!before) return;
  scrollTo({ top: 0, behavior: 'instant' });
  main.focus({ preventScroll: true });
}

function draw(isAsked) {
  header(state);
  menu(state);
  content(state, isAsked);
}

/** Reads the page again where what it follows has changed, or where it is old. */
function read(isAsked) {
  const { page, live, visit, readAt } = state;
  if (!page || page.isStill) return null;
  const follows = live && (page.follows ?? (page.count && (({ counts }) => counts[page.count])));
  const now = follows ? JSON.stringify([visit, follows(live)]) : '';
  if (!isAsked && (!follows || now === followed) && Date.now() - Math.max(readAt, askedAt) < (follows ? OLDER_MS : OLD_MS)) return null;
  [followed, askedAt] = [now, Date.now()];
  return reload();
}

// Links within the dashboard change the page without loading it.
document.addEventListener('click', event => {
  const anchor = event.target.closest('a[href]');
  if (!anchor || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const isSkip = anchor.matches('.skip');
  if (!isSkip && (anchor.origin !== location.origin || !(anchor.pathname + '/').startsWith(ROOT + '/'))) return;
  event.preventDefault();
  if (isSkip) byId('main').focus(); else go(anchor.href);
});

listenToKeys(pages);
await start(pages, () => draw(false));
follow({
  mayListen: () => may('oversees'),
  heard: live => change({ live: live && { ...state.live, ...live } }),
  read,
  changed: stale => change({ stale }),
});
