/** The API, as the dashboard's own origin serves it. No other module sends anything. */

import { parse, stringify } from './json.js';

const BASE = '/dashboard/api', EVENTS = 'task-scheduler.events';
const TIMEOUT_MS = 20_000, PULSE_TIMEOUT_MS = 800;
/** Items of a page, and requests of one act under way at once. */
const PAGE = 200, AT_ONCE = 6;
const UNAUTHORIZED = 401, TOO_MANY_REQUESTS = 429;

/** What RFC 9457 says instead of an answer, or why there was none at all (status 0). */
export class Problem extends Error {
  constructor(status, { title = 'No answer', detail = title, errors = [] }, retryAfter = 0) {
    super(detail);
    Object.assign(this, { status, title, detail, errors, retryAfter });
  }
}

let signedOut;
export function onSignedOut(handler) { signedOut = handler; }

/** The problem that was met; a fault of this code is thrown again. */
export function problemOf(error) {
  if (error instanceof Problem) return error;
  throw error;
}

/** A path of the API, in which what is filled in is encoded. */
export const path = (parts, ...values) => String.raw({ raw: parts }, ...values.map(encodeURIComponent));

async function send(method, path, { query, body, headers } = {}) {
  const isSafe = method === 'GET', url = new URL(BASE + path, location);
  url.search = new URLSearchParams(query);
  let response, answer, said;
  try {
    response = await fetch(url, {
      method, cache: 'no-store', redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { ...(!isSafe && { 'Content-Type': 'application/json' }), ...headers }, body: body && stringify(body),
    });
    answer = await response.text();
  } catch (error) {
    const why = error.name === 'TimeoutError' ? `the gateway has not answered within ${TIMEOUT_MS / 1_000} s` : 'the gateway cannot be reached';
    throw new Problem(0, { detail: isSafe ? why : `${why}; whether it was done is not known` });
  }
  const { ok, status, statusText } = response;
  if (ok) return answer ? parse(answer) : null;
  if (status === UNAUTHORIZED && path !== '/session') signedOut();
  try { said = parse(answer); } catch { said = { title: statusText, detail: answer.slice(0, 500) || `status ${status}` }; }
  throw new Problem(status, said, Number(response.headers.get('retry-after')));
}

export const get = (path, query) => send('GET', path, { query });
const changes = method => (path, body, headers) => send(method, path, { body, headers });
export const post = changes('POST'), patch = changes('PATCH'), remove = changes('DELETE');

/** Says why the gateway cannot do its work; `null`: it can. */
export async function pulse() {
  try {
    const response = await fetch('/readyz', { cache: 'no-store', signal: AbortSignal.timeout(PULSE_TIMEOUT_MS) });
    const text = await response.text();
    return response.ok ? null : text.trim() || `status ${response.status}`;
  } catch {
    return 'the gateway does not answer';
  }
}

/**
 * Hears what happens as it happens, until what is returned is called; `ended`: the stream is over, or was refused. One of the browser's tabs
 * has the stream and tells the others, as a browser has few connections to a host for all of them; when it leaves, the next has it.
 */
export function listen(heard, ended) {
  const tabs = new BroadcastChannel(EVENTS), leaving = new AbortController(), { signal } = leaving;
  let source, all;
  const tell = () => tabs.postMessage(stringify(all));

  function lead() {
    source = new EventSource(BASE + '/events');
    for (const kind of ['snapshot', 'change']) source.addEventListener(kind, ({ data }) => {
      all = { ...all, ...parse(data) };
      heard(all);
      tell();
    });
    source.addEventListener('end', ended);
    source.addEventListener('error', () => { if (source.readyState === EventSource.CLOSED) ended(); });
    return new Promise(left => { signal.onabort = () => { source.close(); left(); }; });
  }

  // A tab that has come asks, by an empty message, how everything stands.
  tabs.onmessage = ({ data }) => { if (!source) { if (data) heard(parse(data)); } else if (!data && all) tell(); };
  tabs.postMessage('');
  // Where there are no locks, as over plain HTTP from elsewhere, each tab has a stream.
  if (navigator.locks) navigator.locks.request(EVENTS, { signal }, lead).catch(() => {}); else lead();
  return () => { tabs.close(); leaving.abort(); };
}

/** The pages of a list, one after the other. */
export async function* pagesOf(path, list, query, limit = PAGE) {
  let cursor = null;
  do {
    const page = await patiently(() => get(path, { ...query, limit, ...(cursor && { cursor }) }));
    cursor = page.next_cursor;
    yield { items: page[list], more: cursor !== null };
  } while (cursor);
}

/** The first items of a list, and whether there are more, by so many requests at most: of a filter that finds few a page may be short. */
export async function walk(path, list, query, limit, pages = Infinity) {
  const items = [];
  for await (const page of pagesOf(path, list, query, Math.min(PAGE, limit))) {
    items.push(...page.items);
    if (!page.more || !(pages -= 1) || items.length >= limit) return { items: items.slice(0, limit), more: page.more || items.length > limit };
  }
}

/** Tries again for as long as the key's rate is used up. */
async function patiently(request, signal) {
  for (;;) {
    try { return await request(); } catch (problem) {
      if (problem.status !== TOO_MANY_REQUESTS || !problem.retryAfter || signal?.aborted) throw problem;
      await new Promise(done => { setTimeout(done, problem.retryAfter * 1_000); });
    }
  }
}

/** Asks for the same with each id until it is stopped; `settled` is told that it was one, its id, and its answer or its problem. */
export async function each(ids, request, settled, signal) {
  const left = [...ids];
  const work = async () => {
    while (left.length && !signal.aborted) {
      const id = left.shift();
      let answer, problem;
      try { answer = await patiently(() => request(id), signal); } catch (error) { problem = problemOf(error); }
      settled(1, id, answer, problem);
      // Whoever is signed out is refused the others, too.
      if (problem?.status === UNAUTHORIZED) left.length = 0;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** Sends a request until it has gone through all that match, or is stopped; `progress` is told how many each has done, by a member of its answer. */
export async function sweep(path, body, member, progress, signal) {
  let cursor = null;
  do {
    const answer = await patiently(() => post(path, { ...body, ...(cursor && { cursor }) }), signal);
    progress(answer[member]);
    cursor = answer.next_cursor;
  } while (cursor && !signal?.aborted);
}
