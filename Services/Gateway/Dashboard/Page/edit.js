/** A new reminder; and a change of one: only what was changed is sent, and only if nobody else has changed it meanwhile. */

import { get, patch, path, post, Problem } from './api.js';
import { address, go } from './state.js';
import { control, heading, link, say, titleOf, words } from './parts.js';
import { localZone } from './time.js';
import { formOf } from './form.js';

const HOUR = 3_600, MINUTE = 60;
const KINDS = [['notification', 'Notification'], ['task', 'Task']];

let kind = 'notification';

async function leave(word, { id, warnings }) {
  say([word, ...warnings].join('. '));
  await go(address(`/reminders/${id}`));
}

function creation(redraw) {
  const now = Math.floor(Date.now() / 1_000);
  // A create that is sent twice stays one.
  const key = 'dashboard-' + crypto.getRandomValues(new Uint8Array(16)).join('-');
  return {
    kind, label: 'Create',
    initial: { start_datetime: Math.ceil((now + HOUR) / MINUTE) * MINUTE, timezone: localZone(), args: [], kwargs: {}, notification_metadata: { kind: 1, created_at: now }, misfire_policy: 'fire_once' },
    before: control({ label: 'What is to be done', id: 'kind', value: kind, options: KINDS, onchange: event => { kind = event.target.value; redraw(); } }),
    back: link('/reminders', {}, 'Leave it'),
    save: async body => {
      if (body.notification_metadata) body.notification_metadata.created_at = now;
      await leave('Created', await post(kind === 'task' ? '/tasks' : '/remind_me', body, { 'Idempotency-Key': key }));
    },
  };
}

const change = reminder => ({
  kind: reminder.notification_metadata ? 'notification' : 'task', label: 'Save', isChange: true, initial: reminder,
  back: link(`/reminders/${reminder.id}`, {}, 'Leave it'),
  save: async body => {
    if (!Object.keys(body).length) throw new Problem(0, { title: 'Nothing was sent', detail: 'Nothing has been changed.' });
    await leave('Saved', await patch(path`/reminders/${reminder.id}`, body, { 'If-Match': `"${reminder.revision}"` }));
  },
});

export const create = {
  title: () => 'New reminder', isStill: true,
  draw: ({ visit }, redraw) => [heading('New reminder'), formOf(`${visit} ${kind}`, () => creation(redraw))],
};

export const edit = {
  title: () => 'Edit', isStill: true, load: ({ param: id }) => get(path`/reminders/${id}`),
  draw: ({ visit, data }) => [heading(['Edit ', words(titleOf(data), 100)]), formOf(visit, () => change(data))],
};
