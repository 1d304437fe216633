// The bench's own book of every request it sent: when, what was answered, what the stream told. The latencies come from here.
// Invariant: a request is entered when it is sent and never removed; an event that overtakes its answer waits for it.
// Called by traffic.ts, standing.ts and kueueAgents.ts; read by conservation.ts.

import type { EventType, RequestState } from '../scheduler/index.ts';

export interface Entry {
  /** When the schedule wanted it sent, and when it was. */
  readonly scheduledMs: number;
  readonly sentMs: number;
  readonly scarceUnits: number;
  readonly holdMs: number;
  readonly authorization: string;
  id: string | null;
  answeredMs: number | null;
  /** Status and body of the answer that did not take it. */
  refusal: string | null;
  /** First Decision, whatever it was. */
  decidedMs: number | null;
  /** As the stream last told. */
  state: RequestState;
}

export interface Told {
  readonly type: EventType;
  readonly atMs: number;
  readonly request: string;
  readonly lease: string | null;
  readonly data: {
    readonly epoch?: number;
    /** Of a lease that has ended: why, and who takes its wish up again. */
    readonly cause?: string;
    readonly successor?: string;
    readonly allocations?: readonly { readonly pool: string; readonly kind: string }[];
  };
}

const STATE_OF: Partial<Record<EventType, RequestState>> = {
  'annona.request.granted.v1': 'granted',
  'annona.request.waiting.v1': 'waiting',
  'annona.request.denied.v1': 'denied',
  'annona.request.expired.v1': 'expired',
  'annona.request.cancelled.v1': 'cancelled',
};

export class Book {
  readonly entries: Entry[] = [];
  /** Of those that were accepted, by id. */
  readonly byId = new Map<string, Entry>();
  /** Requests whose last word was `waiting`. */
  waiting = 0;
  undecided = 0;
  readonly #early = new Map<string, Told[]>();
  readonly #onLease: (entry: Entry, told: Told) => void;

  /** `onLease` is told of what happens to the leases of entries, in order. */
  constructor(onLease: (entry: Entry, told: Told) => void) {
    this.#onLease = onLease;
  }

  enter(sent: Pick<Entry, 'scheduledMs' | 'sentMs' | 'scarceUnits' | 'holdMs' | 'authorization'>): Entry {
    const entry: Entry = {
      ...sent,
      id: null,
      answeredMs: null,
      refusal: null,
      decidedMs: null,
      state: 'queued',
    };
    this.entries.push(entry);
    return entry;
  }

  accepted(entry: Entry, answer: { readonly id: string; readonly atMs: number }): void {
    entry.id = answer.id;
    entry.answeredMs = answer.atMs;
    this.byId.set(answer.id, entry);
    this.undecided += 1;
    const early = this.#early.get(answer.id) ?? [];
    this.#early.delete(answer.id);
    for (const told of early) this.#note(entry, told);
  }

  /** An event as the stream has it. */
  hear(type: string, text: string): void {
    const atMs = performance.now();
    const { request, lease, data } = JSON.parse(text) as Pick<Told, 'request' | 'lease' | 'data'>;
    this.tell({ type: type as EventType, atMs, request, lease, data });
  }

  tell(told: Told): void {
    const entry = this.byId.get(told.request);
    if (entry) {
      this.#note(entry, told);
      return;
    }
    const early = this.#early.get(told.request) ?? [];
    early.push(told);
    this.#early.set(told.request, early);
  }

  /** Ids of events whose request this bench never had an answer for: the server knows of a request that we do not. */
  strangers(): string[] {
    return [...this.#early.keys()];
  }

  #note(entry: Entry, told: Told): void {
    const state = STATE_OF[told.type];
    if (state === undefined) {
      this.#onLease(entry, told);
      return;
    }
    if (entry.decidedMs === null) {
      entry.decidedMs = told.atMs;
      this.undecided -= 1;
    }
    this.waiting += Number(state === 'waiting') - Number(entry.state === 'waiting');
    entry.state = state;
  }
}
