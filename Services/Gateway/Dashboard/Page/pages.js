/** The pages: a further one is a further file, and a line here. */

import { dead, held } from './aside.js';
import { create, edit } from './edit.js';
import occurrences from './occurrences.js';
import overview from './overview.js';
import { empty, link } from './parts.js';
import queues from './queues.js';
import reminder from './reminder.js';
import reminders from './reminders.js';
import signIn from './signin.js';
import { worker, workers } from './workers.js';

const missing = { title: () => 'No such page', draw: () => empty('There is no such page', 'Go to the ', link('', {}, 'overview'), '.') };

/** `path` below /dashboard; `menu`, `key` (after g) and the effect that they need of those in the menu. The first that fits is shown. */
export const pages = [
  { path: '', menu: 'Overview', key: 'o', ...overview },
  { path: '/reminders', menu: 'Reminders', key: 'r', ...reminders },
  { path: '/reminders/new', key: 'n', ...create },
  { path: '/reminders/:id', ...reminder },
  { path: '/reminders/:id/edit', ...edit },
  { path: '/occurrences', menu: 'Occurrences', key: 'c', ...occurrences },
  { path: '/dead-letters', menu: 'Dead letters', key: 'd', ...dead },
  { path: '/held', menu: 'Held', key: 'h', ...held },
  { path: '/queues', menu: 'Queues', key: 'q', ...queues },
  { path: '/workers', menu: 'Workers', key: 'w', needs: 'oversees', ...workers },
  { path: '/workers/:instance', ...worker },
  { path: '/sign-in', ...signIn },
  { path: '*', ...missing },
];
