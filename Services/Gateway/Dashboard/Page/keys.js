/** The keyboard: `g` and a page's letter, and the keys that `?` shows. */

import { address, go } from './state.js';
import { tell } from './dialogs.js';
import { byId, el, facts } from './parts.js';

const AFTER_G_MS = 1_500;

function move(step) {
  const rows = [...byId('main').querySelectorAll('tbody tr[tabindex]')], at = rows.indexOf(document.activeElement.closest('tr'));
  const row = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
  row?.focus();
  row?.scrollIntoView({ block: 'nearest' });
}

function search() {
  const input = byId('main').querySelector('form[role=search] input');
  if (!input) return go(address('/reminders'));
  input.closest('details').open = true;
  return input.focus();
}

const ofRow = selector => ({ target }) => target.closest('tr')?.querySelector(selector)?.click();

export function listenToKeys(pages) {
  let goesUntil = 0;
  const named = pages.filter(page => page.key);
  const keys = {
    '/': ['Search', search], j: ['Next row', () => move(1)], k: ['Previous row', () => move(-1)], x: ['Select the row', ofRow('input[type=checkbox]')],
    Enter: ['Open the row', event => event.target.matches('tr') && ofRow('a[href]')(event)],
    g: [null, () => { goesUntil = Date.now() + AFTER_G_MS; }],
    '?': ['These keys', () => tell('Keys', facts([...named.map(page => [`g ${page.key}`, page.title()]), ...Object.entries(keys).map(([key, [does]]) => does && [key, does])]
      .map(fact => fact && [el('kbd', fact[0]), fact[1]])))],
  };

  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select, dialog')) return;
    const page = Date.now() < goesUntil && named.find(page => page.key === event.key);
    goesUntil = 0;
    if (!page && !Object.hasOwn(keys, event.key)) return;
    if (event.key !== 'Enter') event.preventDefault();
    if (page) go(address(page.path)); else keys[event.key][1](event);
  });
}
