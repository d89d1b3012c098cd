/** What changes, as it changes: kept up by asking. It rests while the page is hidden. */

import { pulse } from './api.js';

const PULSE_MS = 1_000;

/**
 * Follows until the page is gone.
 * @param read reads again what is shown if it is old, or in any case
 * @param changed is given why what is shown is not live, and `null` when it is
 */
export function follow({ read, changed }) {
  let timer = null, reason = null, isAsking = false, isReading = false;

  async function beat(isBack) {
    if (isAsking) return;
    isAsking = true;
    const said = await pulse(), was = reason;
    isAsking = false;
    if (document.hidden) return;
    if (said !== was) changed(reason = said);
    // Apart from the pulse, which is to notice that this hangs.
    if (said !== null || isReading) return;
    isReading = true;
    try { await read(isBack || was !== null); } finally { isReading = false; }
  }

  function wake() {
    clearInterval(timer);
    if (document.hidden) return;
    timer = setInterval(beat, PULSE_MS);
    beat(true);
  }

  document.addEventListener('visibilitychange', wake);
  wake();
}
