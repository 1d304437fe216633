// Work that goes on beside the server until it is stopped. Invariant: `stop` resolves when the work has ended. Called by renewal.ts and upkeep.ts.

export interface Background {
  stop(): Promise<void>;
}

export function inBackground(work: (signal: AbortSignal) => Promise<void>): Background {
  const stopping = new AbortController();
  const done = work(stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await done;
    },
  };
}
