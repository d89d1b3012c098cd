/** The pages: a further one is a further file, and a line here. */

import overview from './overview.js';
import reminders from './reminders.js';
import create from './create.js';
import reminder from './reminder.js';
import edit from './edit.js';
import dead from './dead.js';
import held from './held.js';
import queues from './queues.js';
import workers from './workers.js';
import worker from './worker.js';
import signIn from './signin.js';
import missing from './missing.js';

/** `path` below /dashboard; `menu`, `key` (after g) and the effect that they need of those in the menu. The first that fits is shown. */
export const pages = [
  { path: '/', menu: 'Overview', key: 'o', ...overview },
  { path: '/reminders', menu: 'Reminders', key: 'r', ...reminders },
  { path: '/reminders/new', menu: 'New', key: 'n', needs: 'changes', ...create },
  { path: '/reminders/:id', ...reminder },
  { path: '/reminders/:id/edit', ...edit },
  { path: '/dead-letters', menu: 'Dead letters', key: 'd', ...dead },
  { path: '/held', menu: 'Held', key: 'h', ...held },
  { path: '/queues', menu: 'Queues', key: 'q', ...queues },
  { path: '/workers', menu: 'Workers', key: 'w', needs: 'oversees', ...workers },
  { path: '/workers/:instance', ...worker },
  { path: '/sign-in', ...signIn },
  { path: '*', ...missing },
];
