/** What changes, as it changes: an event stream where the session may hear it, asking where not. It rests while the page is hidden. */

import { listen, pulse } from './api.js';

/** Of the pulse, which notices a gateway that hangs, of which a stream says nothing; and from a stream's end to the next try. */
const PULSE_MS = 1_000, SILENCE_MS = 5_000;

/**
 * Follows until the page is gone.
 * @param mayListen says whether there is a stream to be heard
 * @param heard is given what the stream tells, and `null` when it tells nothing any more
 * @param read reads again what is shown if it may be old, or in any case
 * @param changed is given why what is shown is not live, and `null` when it is
 */
export function follow({ mayListen, heard, read, changed }) {
  let timer, reason = null, isAsking, isReading, close, silentUntil = 0;

  function rest() {
    if (!close) return;
    close();
    [close, silentUntil] = [null, Date.now() + SILENCE_MS];
    heard(null);
  }

  async function beat(isBack) {
    if (isAsking) return;
    isAsking = true;
    const said = await pulse(), was = reason;
    isAsking = false;
    if (document.hidden) return;
    if (said !== was) changed(reason = said);
    if (!mayListen()) rest(); else if (!close && said === null && Date.now() >= silentUntil) close = listen(heard, rest);
    // Apart from the pulse, which is to notice that this hangs.
    if (said !== null || isReading) return;
    isReading = true;
    try { await read(isBack || was !== null); } finally { isReading = false; }
  }

  function wake() {
    clearInterval(timer);
    if (document.hidden) return rest();
    silentUntil = 0;
    timer = setInterval(beat, PULSE_MS);
    beat(true);
  }

  document.addEventListener('visibilitychange', wake);
  wake();
}
