/** What is shown: the page that the address names, its data, and what the reader has chosen. All changes come through here. */

import { get, remove, onSignedOut, problemOf } from './api.js';

export const ROOT = '/dashboard';
const SIGN_IN = ROOT + '/sign-in';
const ZONE = 'task-scheduler.zone';
const REMEMBERED = 100;

export const state = {
  page: null, params: {}, query: {},
  /** What the page's `load` returned; `null`: nothing yet. */
  data: null,
  problem: null, readAt: 0, session: null,
  /** Why what is shown may be old; `null`: it is live. */
  stale: null,
  /** `local`, `utc` or `own`, the reminder's. */
  zone: readZone(),
  selected: new Set(),
};

const watchers = new Set();
let pages = [], visit = 0;
const remembered = new Map();

export function watch(watcher) { watchers.add(watcher); }

export function change(changes) {
  Object.assign(state, changes);
  for (const watcher of watchers) watcher(state);
}

/** Whether the session's role allows an effect: `reads`, `operates`, `changes` or `administers`. */
export const may = effect => state.session?.may.includes(effect) ?? false;

export function chooseZone(zone) {
  // A browser that keeps nothing for this page keeps the choice while it is open.
  try { localStorage.setItem(ZONE, zone); } catch { /* as said */ }
  change({ zone });
}

function readZone() {
  try { return localStorage.getItem(ZONE) ?? 'local'; } catch { return 'local'; }
}

export function select(id, isSelected) {
  if (isSelected) state.selected.add(id); else state.selected.delete(id);
  change({});
}

export function selectOnly(ids) { change({ selected: new Set(ids) }); }

/** After something was done, all is read anew. */
export function reread() {
  remembered.clear();
  return reload();
}

/** What `make` returned for this key before, or does now. */
export function remember(key, make) {
  if (!remembered.has(key)) {
    const value = Promise.resolve(make());
    value.catch(() => remembered.delete(key));
    remembered.set(key, value);
    if (remembered.size > REMEMBERED) remembered.delete(remembered.keys().next().value);
  }
  return remembered.get(key);
}

/** The address of a page with a query of the API's. */
export function address(path, query = {}) {
  const text = String(new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '' && value !== null && value !== undefined)));
  return ROOT + path + (text && '?' + text);
}

export function go(url, { replaces = false } = {}) {
  history[replaces ? 'replaceState' : 'pushState'](null, '', url);
  return show();
}

/** The page that an address names, and what stands for its `:names`. */
function find(pathname) {
  const parts = pathname.slice(ROOT.length).split('/').filter(Boolean);
  for (const page of pages) {
    const names = page.path.split('/').filter(Boolean);
    if (names.length !== parts.length) continue;
    const params = {};
    if (names.every((name, index) => name.startsWith(':') ? (params[name.slice(1)] = decoded(parts[index])) : name === parts[index])) return { page, params };
  }
  return { page: pages.find(page => page.path === '*'), params: {} };
}

function decoded(part) {
  try { return decodeURIComponent(part); } catch { return part; }
}

async function show() {
  visit += 1;
  const { page, params } = find(location.pathname);
  change({ page, params, query: Object.fromEntries(new URLSearchParams(location.search)), data: null, problem: null, selected: new Set(), visit });
  await reload();
}

/** Reads the page's data again. What belongs to a page that was left meanwhile is dropped. */
export async function reload() {
  const mine = visit, { page, params, query } = state;
  if (!page.load) return;
  const arrived = data => { if (mine === visit) change({ data, problem: null, readAt: Date.now() }); };
  try {
    // What is there first is shown first, where nothing is shown yet.
    arrived(await page.load({ params, query, first: data => { if (state.data === null) arrived(data); } }));
  } catch (problem) {
    problemOf(problem);
    if (mine === visit) change({ problem });
  }
}

async function readSession() {
  try { change({ session: await get('/session') }); } catch (problem) {
    change({ session: null });
    if (problem.status !== 401) change({ stale: problem.detail });
    return problem.status !== 401;
  }
  return true;
}

export async function signedIn() {
  await readSession();
  const next = new URLSearchParams(location.search).get('next') ?? '';
  await go(next.startsWith(ROOT + '/') || next === ROOT ? next : ROOT, { replaces: true });
}

export async function signOut() {
  await remove('/session');
  change({ session: null });
  await go(SIGN_IN);
}

function askToSignIn() {
  if (location.pathname === SIGN_IN) return;
  change({ session: null });
  const back = location.pathname + location.search;
  go(SIGN_IN + (back === ROOT ? '' : '?next=' + encodeURIComponent(back)), { replaces: true });
}

export async function start(table) {
  pages = table;
  onSignedOut(askToSignIn);
  addEventListener('popstate', show);
  if (location.pathname !== SIGN_IN && !await readSession()) return askToSignIn();
  await show();
}
