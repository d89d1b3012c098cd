/** A reminder's change: only what was changed is sent, and only if nobody else has changed it meanwhile. */

import { get, patch, path, Problem } from './api.js';
import { address, go } from './state.js';
import { say } from './view.js';
import { heading, link, shortened, titleOf } from './parts.js';
import { Form } from './form.js';

let form = null, shownFor = null;

function make(reminder) {
  return new Form({
    kind: reminder.notification_metadata ? 'notification' : 'task', label: 'Save', isChange: true, initial: reminder,
    back: link(`/reminders/${reminder.id}`, {}, 'Leave it'),
    save: async body => {
      if (!Object.keys(body).length) throw new Problem(0, { title: 'Nothing was sent', detail: 'Nothing has been changed.' });
      const answer = await patch(path`/reminders/${reminder.id}`, body, { 'If-Match': `"${reminder.revision}"` });
      say(['Saved', ...answer.warnings].join('. '));
      await go(address(`/reminders/${reminder.id}`));
    },
  });
}

function draw(state) {
  if (shownFor !== state.visit) {
    form = make(state.data);
    shownFor = state.visit;
  }
  return [heading(['Edit ', shortened(titleOf(state.data), 100)]), form.element];
}

export default { title: () => 'Edit', isStill: true, load: ({ params: { id } }) => get(path`/reminders/${id}`), draw };
