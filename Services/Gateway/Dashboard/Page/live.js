/** What changes, as it changes: the interface of an event stream, kept up by asking. It rests while the page is hidden. */

import { pulse } from './api.js';

const PULSE_MS = 1_000;
/** Pulses between two snapshots. */
const SNAPSHOT_EVERY = 5;

/** Calls `snapshot` when to read again; `changed` with the reason when it is no longer live, and with `null` when it is. */
export function follow({ snapshot, changed }) {
  let timer = null, beats = 0, reason = null, isAsking = false, isReading = false;

  async function beat() {
    if (isAsking) return;
    isAsking = true;
    const said = await pulse();
    isAsking = false;
    if (document.hidden) return;
    if (reason !== null && said === null) beats = SNAPSHOT_EVERY;
    if (said !== reason) changed(reason = said);
    beats += 1;
    if (said === null && beats >= SNAPSHOT_EVERY && !isReading) await read();
  }

  // Apart from the pulse, which is to notice that this hangs.
  async function read() {
    beats = 0;
    isReading = true;
    try { await snapshot(); } finally { isReading = false; }
  }

  function wake() {
    clearInterval(timer);
    if (document.hidden) return;
    timer = setInterval(beat, PULSE_MS);
    beat();
  }

  document.addEventListener('visibilitychange', () => {
    beats = SNAPSHOT_EVERY;
    wake();
  });
  wake();
}
