/** Signing in with an API key, which is exchanged for a session and kept nowhere. */

import { post, problemOf } from './api.js';
import { signedIn } from './state.js';
import { control, el, problemBox } from './parts.js';

let problem = null;

async function submit(event, redraw) {
  event.preventDefault();
  const input = event.currentTarget.elements.key;
  try {
    await post('/session', { key: input.value });
    problem = null;
    input.value = '';
    await signedIn();
  } catch (error) {
    problem = problemOf(error);
    redraw();
    input.select();
  }
}

export default {
  title: () => 'Sign in', isStill: true,
  draw: (state, redraw) => el('form.sign-in', { onsubmit: event => submit(event, redraw) },
    el('h1', 'Sign in'), el('p.soft', 'With an API key: a line of the file that GATEWAY_API_KEYS_FILE names.'),
    control({ label: 'API key', name: 'key', type: 'password', required: true, autocomplete: 'current-password', autofocus: true }),
    problem && problemBox(problem), el('button.main', { type: 'submit' }, 'Sign in')),
};
