/** The keyboard: `g` and a page's letter, `/` for the search, `j` and `k` through rows, `x` selects, `?` shows all. */

import { address, go } from './state.js';
import { byId, el } from './view.js';
import { tell } from './dialogs.js';

const AFTER_G_MS = 1_500;

export function listenToKeys(pages) {
  let goesUntil = 0;
  const named = pages.filter(page => page.key);

  function move(step) {
    const rows = [...byId('main').querySelectorAll('tbody tr[tabindex]')];
    const at = rows.indexOf(document.activeElement?.closest('tr'));
    const row = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))];
    row?.focus();
    row?.scrollIntoView({ block: 'nearest' });
  }

  const keys = {
    '/': () => {
      const input = byId('main').querySelector('form[role=search] input');
      if (input) {
        input.closest('details').open = true;
        input.focus();
      } else go(address('/reminders'));
    },
    g: () => { goesUntil = Date.now() + AFTER_G_MS; },
    j: () => move(1),
    k: () => move(-1),
    x: () => document.activeElement?.closest('tr')?.querySelector('input[type=checkbox]')?.click(),
    '?': () => tell('Keys', el('dl', { class: 'facts' }, [
      ...named.map(page => [`g ${page.key}`, page.title()]), ['/', 'Search'], ['j k', 'Next and previous row'],
      ['Enter', 'Open the row'], ['x', 'Select the row'], ['?', 'These keys'],
    ].map(([key, does]) => el('div', el('dt', el('kbd', key)), el('dd', does))))),
    Enter: event => {
      if (event.target.matches('tr[tabindex]')) event.target.querySelector('a[href]')?.click();
    },
  };

  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select, dialog')) return;
    const page = Date.now() < goesUntil ? named.find(page => page.key === event.key) : null;
    goesUntil = 0;
    const does = page ? () => go(address(page.path)) : keys[event.key];
    if (!does) return;
    if (event.key !== 'Enter') event.preventDefault();
    does(event);
  });
}
