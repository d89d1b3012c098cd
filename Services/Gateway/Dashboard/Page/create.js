/** A new reminder. */

import { post } from './api.js';
import { address, go } from './state.js';
import { el, say } from './view.js';
import { heading, link } from './parts.js';
import { localZone } from './time.js';
import { Form } from './form.js';

const HOUR = 3_600, MINUTE = 60;
const KINDS = { notification: ['Notification', '/remind_me'], task: ['Task', '/tasks'] };

let form = null, shownFor = null, kind = 'notification';

/** A name by which a create that is sent twice stays one. */
const freshKey = () => 'dashboard-' + [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');

function make(redraw) {
  const now = Math.floor(Date.now() / 1_000);
  const key = freshKey();
  const choose = event => { [kind, shownFor] = [event.target.value, null]; redraw(); };
  return new Form({
    kind, label: 'Create', isChange: false,
    initial: { start_datetime: Math.ceil((now + HOUR) / MINUTE) * MINUTE, timezone: localZone(), args: [], kwargs: {}, notification_metadata: { kind: 1, created_at: now }, misfire_policy: 'fire_once' },
    before: el('label', el('span', 'What is to be done'), el('select', { id: 'kind', value: kind, onchange: choose },
      Object.entries(KINDS).map(([name, [label]]) => el('option', { value: name }, label)))),
    back: link('/reminders', {}, 'Leave it'),
    save: async body => {
      if (body.notification_metadata) body.notification_metadata.created_at = now;
      const answer = await post(KINDS[kind][1], body, { 'Idempotency-Key': key });
      say(['Created', ...answer.warnings].join('. '));
      await go(address(`/reminders/${answer.id}`));
    },
  });
}

function draw(state, redraw) {
  if (shownFor !== state.visit) {
    form = make(redraw);
    shownFor = state.visit;
  }
  return [heading('New reminder'), form.element];
}

export default { title: () => 'New reminder', isStill: true, draw };
