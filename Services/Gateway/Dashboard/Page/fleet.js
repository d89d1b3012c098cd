/** What the pages of workers have in common. */

import { badge, soft } from './parts.js';

const STATES = { attached: 'good', draining: 'warn', detached: 'bad' };

export const stateBadge = ({ state, reason }) => [badge(STATES[state] ?? 'warn', state), reason ? [' ', soft(reason)] : null];

export const load = ({ running, concurrency }) => concurrency ? `${running} of ${concurrency}` : running;
