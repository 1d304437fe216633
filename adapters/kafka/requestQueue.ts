// One line of kafkajs 2.2.4 put right: its request queue sets a timer for "when the throttling ends", also with nothing to send and no
// throttling, that is in minus the present time. Node 24 prints TimeoutNegativeWarning and makes it 1 ms, and the timer sets the next one:
// an idle connection costs 29 ms of processor time a second, with this repair 2. kafkajs is no longer maintained; its pull requests
// 1755 and 1768 lie unmerged.
// Rejected: filtering the warning, which hides the polling. Called by publisher.ts.

import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
}

type Schedule = (this: RequestQueue) => void;

const REPAIRED = Symbol.for('annona.kafkajs.requestQueue');

/** An empty queue has nothing to check again: whatever is queued later schedules its own check. Any number of calls repair once. */
export function repairRequestQueue(): void {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as {
    prototype: { scheduleCheckPendingRequests: Schedule & { [REPAIRED]?: true } };
  };
  const original = prototype.scheduleCheckPendingRequests;
  if (typeof original !== 'function')
    throw new Error('kafkajs is not the version that this repair is for: look whether it still needs it');
  if (original[REPAIRED]) return;
  const repaired: Schedule = function scheduleCheckPendingRequests() {
    if (this.pending.length > 0) original.call(this);
  };
  prototype.scheduleCheckPendingRequests = Object.assign(repaired, { [REPAIRED]: true as const });
}
