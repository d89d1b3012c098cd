/** Draws the frame and the page whenever something has changed, and follows what changes. */

import { address, change, chooseZone, go, may, reload, ROOT, signOut, start, state, watch } from './state.js';
import { byId, el, show } from './view.js';
import { button, link, problemBox } from './parts.js';
import { localZone } from './time.js';
import { follow } from './live.js';
import { listenToKeys } from './keys.js';
import { pages } from './pages.js';

let visit = null, drawn = null;

function header() {
  const { session, stale, zone } = state;
  const zones = { local: `My time (${localZone()})`, utc: 'UTC', own: 'Each reminder’s zone' };
  show(byId('header'),
    el('a', { class: 'title', href: ROOT }, 'task-scheduler'),
    session?.version ? el('span', { class: 'version soft' }, session.version) : null,
    el('span', { class: `live ${stale === null ? 'good' : 'bad'}`, id: 'live' }, stale === null ? 'Live' : 'Not live'),
    el('label', { class: 'zone' }, el('span', { class: 'unseen' }, 'Times are shown in'), el('select', { id: 'zone', value: zone, onchange: event => chooseZone(event.target.value) },
      Object.entries(zones).map(([name, label]) => el('option', { value: name }, label)))),
    session?.needs_key ? el('span', { class: 'who' }, el('span', { class: 'soft' }, `${session.caller} (${session.role})`), button('Sign out', signOut, { class: 'small', id: 'sign-out' })) : null);
}

/** Whether a page that is not in the menu is below another. */
const isWithin = (current, page) => !current?.menu && Boolean(current?.path.startsWith(page.path + '/'));

function menu() {
  const current = state.page;
  show(byId('pages'), state.session || current?.path !== '/sign-in' ? pages.filter(page => page.menu && (!page.needs || may(page.needs))).map(page =>
    el('a', { href: address(page.path === '/' ? '' : page.path), title: `g ${page.key}`, 'aria-current': page === current ? 'page' : isWithin(current, page) }, page.menu)) : null);
}

function page(isAsked) {
  const { page, data, problem } = state;
  if (!page) return;
  // What is typed in stays as it is until it is asked for, or there is something else.
  const now = [state.visit, data, problem];
  if (page.isStill && !isAsked && drawn?.every((part, index) => part === now[index])) return;
  drawn = now;
  const main = byId('main');
  const retry = button('Try again', () => reload());
  // Something else than before: nothing of the old page is kept, not even what was typed.
  if (visit !== state.visit) main.replaceChildren();
  const isFirst = visit === null, isNew = visit !== state.visit;
  visit = state.visit;
  if (page.load && data === null) {
    show(main, problem ? problemBox(problem, retry, problem.status === 404 ? link('/reminders', {}, 'All reminders') : null) : el('p', { class: 'soft' }, 'Loading …'));
  } else {
    show(main, problem ? problemBox(problem, retry) : null, page.draw(state, () => draw(true)));
  }
  document.title = `${page.title(state)} · task-scheduler`;
  if (isNew && !isFirst) {
    scrollTo({ top: 0, behavior: 'instant' });
    main.focus({ preventScroll: true });
  }
}

function stale() {
  const note = byId('stale');
  note.hidden = state.stale === null;
  const text = state.stale === null ? '' : `Not live, what is shown may be old: ${state.stale}`;
  if (note.textContent !== text) note.textContent = text;
}

function draw(isAsked) {
  header();
  menu();
  stale();
  page(isAsked);
}

// Links within the dashboard change the page without loading it.
document.addEventListener('click', event => {
  const anchor = event.target.closest('a[href]');
  if (!anchor || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (anchor.classList.contains('skip')) {
    event.preventDefault();
    byId('main').focus();
  } else if (anchor.origin === location.origin && (anchor.pathname === ROOT || anchor.pathname.startsWith(ROOT + '/'))) {
    event.preventDefault();
    go(anchor.href);
  }
});

watch(() => draw(false));
listenToKeys(pages);
await start(pages);
follow({
  snapshot: () => state.page?.isStill || (!state.session && state.page?.path === '/sign-in') ? null : reload(),
  changed: reason => change({ stale: reason }),
});
