// The agents of Kueue's test: each workload is submitted when it is due, runs for its time once it is granted, and is released; one that is
// preempted gives way at once and runs anew, as the request that takes it up again.
// Invariant: a workload has run when one lease of it was held for its whole time. Called by kueueRun.ts.

import type { Book, Entry, Told } from './book.ts';
import { DECLARED_SECONDS, KIND, type Workload } from './kueueWorkloads.ts';
import type { Wire } from './wire.ts';

export interface Course {
  readonly workload: Workload;
  readonly sentMs: number;
  /** To the first lease, and to the one that it ran under. */
  firstLeaseMs: number | null;
  lastLeaseMs: number | null;
  /** Its release is known to be committed. */
  endedMs: number | null;
  preemptions: number;
  /** Held by leases that were taken back. */
  lostUnitMs: number;
  running: NodeJS.Timeout | null;
}

export interface KueueAgentsOptions {
  readonly wire: Wire;
  readonly book: Book;
  readonly authorizationOf: (agent: string) => string;
}

export class KueueAgents {
  readonly courses: Course[] = [];
  /** Ids of requests that a submit was answered with; those that take a preempted one up again are not among them. */
  readonly acknowledged: string[] = [];
  readonly counts = { ended: 0, refusals: 0, firstRefusal: null as string | null, cutShort: 0 };
  readonly #options: KueueAgentsOptions;
  readonly #courseOf = new Map<Entry, Course>();
  #pump: NodeJS.Timeout | undefined;

  constructor(options: KueueAgentsOptions) {
    this.#options = options;
  }

  /** Every workload at its time from now on, whatever the server does. */
  start(workloads: readonly Workload[]): void {
    const startedMs = performance.now();
    let next = 0;
    const turn = (): void => {
      for (let workload = workloads[next]; workload !== undefined; workload = workloads[next]) {
        const dueMs = startedMs + workload.atMs;
        if (dueMs > performance.now()) {
          this.#pump = setTimeout(turn, dueMs - performance.now());
          return;
        }
        next += 1;
        this.#submit(workload, dueMs);
      }
    };
    turn();
  }

  stop(): void {
    clearTimeout(this.#pump);
    for (const { running } of this.courses) if (running !== null) clearTimeout(running);
  }

  /** From the book: what happens to leases, in order. */
  leased(entry: Entry, told: Told): void {
    const course = this.#courseOf.get(entry)!;
    switch (told.type) {
      case 'annona.lease.granted.v1':
        this.#run(course, entry, told);
        return;
      case 'annona.lease.revoking.v1':
        this.#giveWay(course, entry, told);
        return;
      case 'annona.lease.released.v1':
      case 'annona.lease.revoked.v1':
      case 'annona.lease.expired.v1':
        this.#ended(course, entry, told);
        return;
      default:
    }
  }

  #submit(workload: Workload, scheduledMs: number): void {
    const { wire, book, authorizationOf } = this.#options;
    const { name, agent, of } = workload;
    const authorization = authorizationOf(agent);
    const sentMs = performance.now();
    const entry = book.enter({ scheduledMs, sentMs, scarceUnits: of.units, holdMs: of.runMs, authorization });
    const course: Course = {
      workload,
      sentMs,
      firstLeaseMs: null,
      lastLeaseMs: null,
      endedMs: null,
      preemptions: 0,
      lostUnitMs: 0,
      running: null,
    };
    this.courses.push(course);
    this.#courseOf.set(entry, course);
    const body = JSON.stringify({
      clientRequestId: name,
      options: [{ claims: [{ kind: KIND, quantity: of.units }] }],
      terms: { class: of.name, durationSeconds: DECLARED_SECONDS },
    });
    wire.post({ path: '/v1/requests', authorization, body }, ({ status, text }) => {
      if (status === 202) {
        const { id } = JSON.parse(text) as { id: string };
        this.acknowledged.push(id);
        book.accepted(entry, { id, atMs: performance.now() });
        return;
      }
      entry.refusal = `${status} ${text}`;
      this.#refused(entry.refusal);
    });
  }

  #run(course: Course, entry: Entry, told: Told): void {
    course.firstLeaseMs ??= told.atMs - course.sentMs;
    course.lastLeaseMs = told.atMs;
    course.running = setTimeout(() => {
      course.running = null;
      this.#act('release', entry, told);
    }, course.workload.of.runMs);
  }

  /** One whose time is over has been released already: the release and the notice have crossed. */
  #giveWay(course: Course, entry: Entry, told: Told): void {
    if (course.running === null) return;
    clearTimeout(course.running);
    course.running = null;
    this.#act('acknowledge', entry, told);
  }

  #ended(course: Course, entry: Entry, { atMs, data }: Told): void {
    const { book } = this.#options;
    const { units } = course.workload.of;
    if (data.successor !== undefined) {
      course.preemptions += 1;
      course.lostUnitMs += units * (atMs - course.lastLeaseMs!);
      const { authorization, scarceUnits, holdMs } = entry;
      const again = book.enter({ scheduledMs: atMs, sentMs: atMs, scarceUnits, holdMs, authorization });
      this.#courseOf.set(again, course);
      book.accepted(again, { id: data.successor, atMs });
      return;
    }
    if (data.cause !== 'agent') this.counts.cutShort += 1;
    course.endedMs = atMs;
    this.counts.ended += 1;
  }

  #act(act: 'release' | 'acknowledge', { authorization }: Entry, { lease, data }: Told): void {
    const body = JSON.stringify({ epoch: data.epoch });
    const path = `/v1/leases/${lease}/${act}`;
    this.#options.wire.post({ path, authorization, body }, ({ status, text }) => {
      if (status !== 202) this.#refused(`${act}: ${status} ${text}`);
    });
  }

  #refused(what: string): void {
    this.counts.refusals += 1;
    this.counts.firstRefusal ??= what;
  }
}
