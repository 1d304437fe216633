// An operator who follows the event stream through every crash, each time from the last event that came.
// Invariant: keeps every event in the order in which it arrived, repeated ones too. Used by the crash rig (S10).

import { decodePlace, encodePlace } from '../../api/http/streamId.ts';
import type { LiveServer } from '../support/liveServer.ts';
import type { Witnesses } from '../support/promises.ts';
import { isGone } from './load.ts';

export interface Follower {
  /** In the order of arrival. */
  readonly seen: NonNullable<Witnesses['streamed']>;
  /** Follows this server until it is gone, or `leave` is called. */
  follow(server: LiveServer): Promise<void>;
  leave(): void;
}

export function createFollower(cell: string): Follower {
  const seen: NonNullable<Witnesses['streamed']>[number][] = [];
  let leaving = new AbortController();
  let after = encodePlace(new Map([[cell, 0]]));
  return {
    seen,
    async follow(server) {
      leaving = new AbortController();
      const client = await server.operator();
      try {
        for await (const event of client.stream({ after, signal: leaving.signal })) {
          const sequence = decodePlace(event.id ?? '')?.get(cell);
          if (event.id === null || sequence === undefined)
            throw new Error(`an event without a place: ${event.data}`);
          after = event.id;
          if (event.event === 'resync') continue;
          const { id, request } = JSON.parse(event.data) as { id: string; request: string };
          seen.push({ id, request, sequence });
        }
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    },
    leave: () => leaving.abort(),
  };
}
