// The repair of kafkajs's request queue: an idle one sets no timer, a busy one keeps the check it had.
import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { repairRequestQueue } from '../../../adapters/kafka/requestQueue.ts';

interface Queue {
  pending: unknown[];
  throttledUntil: number;
  scheduleCheckPendingRequests(): void;
  destroy(): void;
}

function aQueue(): Queue {
  const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue');
  const logger = { debug: () => {}, warn: () => {} };
  return new RequestQueue({
    maxInFlightRequests: 1,
    requestTimeout: 1000,
    clientId: 'test',
    broker: 'b',
    logger,
  });
}

describe('the request queue of kafkajs', () => {
  let queue: Queue;
  const timers = vi.spyOn(globalThis, 'setTimeout');
  beforeEach(() => {
    repairRequestQueue();
    repairRequestQueue();
    queue = aQueue();
    timers.mockClear();
  });
  afterEach(() => queue.destroy());
  afterAll(() => timers.mockRestore());

  it('sets no timer with nothing to send', () => {
    queue.scheduleCheckPendingRequests();
    expect(timers).not.toHaveBeenCalled();
  });

  it('looks again after 10 ms at what waits for its turn', () => {
    queue.pending = [{}];
    queue.scheduleCheckPendingRequests();
    expect(timers.mock.calls.map(([, ms]) => ms)).toEqual([10]);
  });

  it('waits for the end of the throttling that a broker asked for', () => {
    queue.pending = [{}];
    queue.throttledUntil = Date.now() + 60_000;
    queue.scheduleCheckPendingRequests();
    expect(timers.mock.calls[0]?.[1]).toBeGreaterThan(50_000);
  });
});
