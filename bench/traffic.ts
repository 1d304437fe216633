// The agents: requests that arrive by a schedule, whatever the server does (open loop), leases held and given back.
// Invariant: send times come from the schedule, never from an answer. Called by httpRun.ts.

import type { Book, Entry, Told } from './book.ts';
import type { Random } from './chance.ts';
import type { Mix } from './mix.ts';
import type { Wire } from './wire.ts';

/** Steps of the clock at most; node's timers do not go finer. */
const PUMP_MS = 1;

export interface TrafficOptions {
  readonly wire: Wire;
  readonly book: Book;
  readonly mix: Mix;
  readonly random: Random;
  readonly ratePerSecond: number;
  readonly authorizationOf: (agent: string) => string;
  /** Of all requests of this run, so that no two carry one client request id. */
  readonly run: string;
}

export class Traffic {
  readonly counts = { releases: 0, releasesRefused: 0, firstRefusal: null as string | null };
  ratePerSecond: number;
  readonly #options: TrafficOptions;
  #slotAtMs = 0;
  #nextAtMs = 0;
  #sent = 0;
  #pump: NodeJS.Timeout | undefined;
  #holding = true;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.ratePerSecond = options.ratePerSecond;
  }

  start(): void {
    this.#slotAtMs = performance.now();
    this.#nextAtMs = this.#slotAtMs;
    this.#turn();
  }

  /** No arrival from now on; leases go on being given back. */
  stop(): void {
    clearTimeout(this.#pump);
  }

  /** Leases that are held now stay held: what has been decided does not change any more. */
  keepLeases(): void {
    this.#holding = false;
  }

  /** From the book: a lease was granted, so its agent holds it for its time and gives it back. */
  leased(entry: Entry, told: Told): void {
    if (told.type !== 'annona.lease.granted.v1') return;
    setTimeout(() => {
      if (this.#holding) this.#release(entry, told);
    }, entry.holdMs);
  }

  /** Everything that is due, then sleep: one slot a request, at a random place in it, so that ticks and arrivals do not beat. */
  #turn(): void {
    const { random } = this.#options;
    while (this.#nextAtMs <= performance.now()) {
      this.#submit(this.#nextAtMs);
      const slotMs = 1000 / this.ratePerSecond;
      this.#slotAtMs += slotMs;
      this.#nextAtMs = this.#slotAtMs + random() * slotMs;
    }
    const sleepMs = Math.max(PUMP_MS, this.#nextAtMs - performance.now());
    this.#pump = setTimeout(() => this.#turn(), sleepMs);
  }

  #submit(scheduledMs: number): void {
    const { wire, book, mix, run, authorizationOf } = this.#options;
    const { agent, body, scarceUnits, holdMs } = mix.next();
    this.#sent += 1;
    const text = JSON.stringify({ clientRequestId: `${run}-${this.#sent}`, ...body });
    const authorization = authorizationOf(agent.id);
    const entry = book.enter({ scheduledMs, sentMs: performance.now(), scarceUnits, holdMs, authorization });
    wire.post({ path: '/v1/requests', authorization, body: text }, (answer) => {
      if (answer.status !== 202) {
        entry.refusal = `${answer.status} ${answer.text}`;
        return;
      }
      const { id } = JSON.parse(answer.text) as { id: string };
      book.accepted(entry, { id, atMs: performance.now() });
    });
  }

  #release({ authorization }: Entry, { lease, data }: Told): void {
    const { wire } = this.#options;
    const body = JSON.stringify({ epoch: data.epoch });
    this.counts.releases += 1;
    wire.post({ path: `/v1/leases/${lease}/release`, authorization, body }, (answer) => {
      if (answer.status === 202) return;
      this.counts.releasesRefused += 1;
      this.counts.firstRefusal ??= `${answer.status} ${answer.text}`;
    });
  }
}
