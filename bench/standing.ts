// The requests that wait throughout: one lease holds every seat of a data set for the whole run, and others want a seat of it.
// Invariant: none of them can be placed while the lease lives, and its heartbeats keep it alive. Called by httpRun.ts and drainRun.ts.

import type { Agent, Configuration, Pool } from '../scheduler/index.ts';
import type { Book, Entry, Told } from './book.ts';
import type { Wire } from './wire.ts';

/** Longer than any run; the heartbeats decide how long it really is. */
const BLOCKER_SECONDS = 24 * 3600;
const WAITER_SECONDS = 300;
/** Of the heartbeat time-out: two may be lost. */
const HEARTBEAT_SHARE = 1 / 3;

export interface StandingOptions {
  readonly configuration: Configuration;
  /** Who asks: agents of the organisation that follow their events. */
  readonly actors: readonly Agent[];
  readonly pool: Pool;
  readonly wire: Wire;
  readonly book: Book;
  readonly authorizationOf: (agent: string) => string;
}

/** The first internal data set by id: everybody is cleared for it, so that nobody is refused for another reason. */
export function blockedPool({ pools }: Configuration): Pool {
  const found = pools.find(({ kind, classification }) => kind === 'dataset' && classification === 'internal');
  if (!found) throw new Error('the organisation has no internal data set to fill');
  return found;
}

/** Agents whose department may ask for data sets at all. */
export function readersOf({ departments }: Configuration, actors: readonly Agent[]): Agent[] {
  const allowed = new Set(
    departments.flatMap(({ id, kinds }) => (kinds?.includes('dataset') === false ? [] : [id])),
  );
  return actors.filter(({ department }) => allowed.has(department));
}

/** A body without its client request id; also what the waiting half of the drain asks for. */
export function waiterBody({ labels }: Pool) {
  const seat = { kind: 'dataset', quantity: 1, selector: { name: labels.name as string } };
  return {
    options: [{ claims: [seat, { kind: 'cpu', quantity: 1 }] }],
    terms: { class: 'standard', durationSeconds: WAITER_SECONDS },
  };
}

export class Standing {
  readonly entries: Entry[] = [];
  readonly #options: StandingOptions;
  #blocker: Entry | null = null;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(options: StandingOptions) {
    this.#options = options;
  }

  /** Takes every seat. Resolved by the stream: call `leased` with what the book tells. */
  block(): Entry {
    const { pool, configuration, actors } = this.#options;
    const claims = [{ kind: 'dataset', quantity: pool.capacity, selector: { name: pool.labels.name } }];
    const body = { options: [{ claims }], terms: { class: 'standard', durationSeconds: BLOCKER_SECONDS } };
    this.#blocker = this.#submit({
      agent: readersOf(configuration, actors)[0]!.id,
      clientRequestId: 'blocker',
      body,
    });
    return this.#blocker;
  }

  /** `count` requests of as many agents as there are. */
  wait(count: number): void {
    const { pool, configuration, actors } = this.#options;
    const readers = readersOf(configuration, actors);
    const body = waiterBody(pool);
    for (let i = 0; i < count; i++) {
      const agent = readers[i % readers.length]!.id;
      this.entries.push(this.#submit({ agent, clientRequestId: `standing-${i}`, body }));
    }
  }

  /** True when the lease is the blocker's: it is kept alive from now on. */
  leased(entry: Entry, { type, lease, data }: Told): boolean {
    if (entry !== this.#blocker) return false;
    if (type !== 'annona.lease.granted.v1') return true;
    const { wire, configuration } = this.#options;
    const beat = (): void => {
      const call = { path: `/v1/leases/${lease}/heartbeat`, authorization: entry.authorization };
      wire.post({ ...call, body: JSON.stringify({ epoch: data.epoch }) }, ({ status, text }) => {
        // Two may be lost to an overloaded server; an answer that the lease is gone means that the run measured something else.
        if (status >= 400 && status < 500)
          throw new Error(`the blocker's heartbeat was answered ${status}: ${text}`);
      });
    };
    beat();
    const everySeconds = configuration.leaseTerms.heartbeatTimeoutSeconds * HEARTBEAT_SHARE;
    this.#heartbeat = setInterval(beat, everySeconds * 1000);
    return true;
  }

  close(): void {
    clearInterval(this.#heartbeat);
  }

  #submit(wish: { agent: string; clientRequestId: string; body: object }): Entry {
    const { wire, book, authorizationOf } = this.#options;
    const authorization = authorizationOf(wish.agent);
    const atMs = performance.now();
    const entry = book.enter({ scheduledMs: atMs, sentMs: atMs, scarceUnits: 0, holdMs: 0, authorization });
    const body = JSON.stringify({ clientRequestId: wish.clientRequestId, ...wish.body });
    wire.post({ path: '/v1/requests', authorization, body }, ({ status, text }) => {
      if (status === 202) book.accepted(entry, { id: JSON.parse(text).id, atMs: performance.now() });
      else entry.refusal = `${status} ${text}`;
    });
    return entry;
  }
}
