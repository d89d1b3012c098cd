/** What is shown: the page that the address names, its data, and what the reader has chosen. All changes come through here. */

import { get, onSignedOut, problemOf, remove } from './api.js';

export const ROOT = '/dashboard';
const SIGN_IN = ROOT + '/sign-in', ZONE = 'task-scheduler.zone', REMEMBERED = 100;

export const state = {
  /** The page, what its path and its query say, and a number that only this visit of it has. */
  page: null, param: null, query: {}, visit: 0,
  /** What the page's `load` returned, and when; `null`: nothing yet. */
  data: null, readAt: 0, problem: null,
  session: null,
  /** What the event stream has told; `null`: none is heard. */
  live: null,
  /** Why what is shown may be old; `null`: it is live. */
  stale: null,
  /** `local`, `utc` or `own`, the reminder's. */
  zone: 'local',
  selected: new Set(),
};

let pages, watcher;
const remembered = new Map();

export function change(changes) {
  Object.assign(state, changes);
  watcher();
}

/** Whether the session's role allows an effect: `reads`, `oversees`, `operates`, `changes` or `administers`. */
export const may = effect => state.session?.may.includes(effect) ?? false;

// A browser that keeps nothing for this page keeps the choice while it is open.
try { state.zone = localStorage.getItem(ZONE) ?? state.zone; } catch { /* as said */ }

export function chooseZone(zone) {
  try { localStorage.setItem(ZONE, zone); } catch { /* as said */ }
  change({ zone });
}

export const selectOnly = ids => change({ selected: new Set(ids) });

/** After something was done, all is read anew. */
export function reread() {
  remembered.clear();
  return reload();
}

/** What `make` returned for this key before, or does now. */
export function remember(key, make) {
  if (!remembered.has(key)) {
    const value = make();
    value.catch(() => remembered.delete(key));
    remembered.set(key, value);
    if (remembered.size > REMEMBERED) remembered.delete(remembered.keys().next().value);
  }
  return remembered.get(key);
}

/** The address of a page with a query of the API's. */
export function address(path, query = {}) {
  const text = String(new URLSearchParams(Object.entries(query).filter(([, value]) => value)));
  return ROOT + path + (text && '?' + text);
}

export function go(url, way = 'pushState') {
  history[way](null, '', url);
  return show();
}

function decoded(part) {
  try { return decodeURIComponent(part); } catch { return part; }
}

/** The page that an address names, and what stands for the `:name` in its path. */
function find(pathname) {
  for (const page of pages) {
    const found = RegExp(`^${ROOT}${page.path.replace(/:\w+/, '([^/]+)')}/?$`).exec(pathname);
    if (found) return { page, param: decoded(found[1]) };
  }
  return { page: pages.at(-1) };
}

function show() {
  change({ ...find(location.pathname), query: Object.fromEntries(new URLSearchParams(location.search)), data: null, problem: null, selected: new Set(), visit: state.visit + 1 });
  return reload();
}

/** Reads the page's data again. What belongs to a page that was left meanwhile is dropped. */
export async function reload() {
  const { page, param, query, visit } = state;
  if (!page.load) return;
  const arrived = changes => { if (visit === state.visit) change(changes); };
  const read = data => arrived({ data, problem: null, readAt: Date.now() });
  try {
    // What is there first is shown first, where nothing is shown yet.
    read(await page.load({ param, query, first: data => { if (state.data === null) read(data); } }));
  } catch (problem) {
    arrived({ problem: problemOf(problem) });
  }
}

/** Whether there is one, or none is needed. */
async function readSession() {
  try { change({ session: await get('/session') }); } catch (error) {
    const { status, detail } = problemOf(error);
    if (status === 401) return false;
    change({ stale: detail });
  }
  return true;
}

export async function signedIn() {
  await readSession();
  const next = new URLSearchParams(location.search).get('next') ?? '';
  await go(next.startsWith(ROOT + '/') ? next : ROOT, 'replaceState');
}

export async function signOut() {
  await remove('/session');
  change({ session: null });
  await go(SIGN_IN);
}

function askToSignIn() {
  if (location.pathname === SIGN_IN) return;
  change({ session: null });
  go(SIGN_IN + '?next=' + encodeURIComponent(location.pathname + location.search), 'replaceState');
}

/** Shows what the address names, of these pages, the last of which stands for all others; `draws` is called whenever something has changed. */
export async function start(table, draws) {
  [pages, watcher] = [table, draws];
  onSignedOut(askToSignIn);
  addEventListener('popstate', show);
  if (location.pathname === SIGN_IN || await readSession()) await show(); else askToSignIn();
}
