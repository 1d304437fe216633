// One run of Kueue's baseline: the organisation in a server of its own, every workload through it, and then what became of them all.
// Invariant: the server runs in processes of its own, this one only generates and measures; it ends when all have run, or when its time is over.
// Called by kueue.ts and its test.

import { setTimeout as sleep } from 'node:timers/promises';
import type { StoreDump } from '../adapters/memory/store.ts';
import { checkPromises } from '../simulations/index.ts';
import { Book } from './book.ts';
import { type Conservation, conservationOf } from './conservation.ts';
import { type Bar, bar, mean, rounded, type Spread, spread } from './figures.ts';
import { type Course, KueueAgents } from './kueueAgents.ts';
import {
  CAPACITY,
  CLASSES,
  floorMs,
  KUEUE,
  kueueOrganisation,
  type WorkloadClass,
  workloadsOf,
} from './kueueWorkloads.ts';
import { type PeakMemory, watchMemory } from './memory.ts';
import { openWindow, type ServerWindow } from './serverWindow.ts';
import { type Subject, startSubject } from './subject.ts';
import { until } from './until.ts';
import { createWire, type Wire } from './wire.ts';

export interface KueueOptions {
  /** Of the workloads of each queue and class. */
  readonly scalePercent: number;
  /** Then the run ends with what has run by then. */
  readonly limitSeconds: number;
  /** Before which no lease is taken back. */
  readonly minimumRunSeconds: number;
}

export interface Admission {
  readonly workloads: number;
  /** From the submit to the first lease. */
  readonly meanMs: number | null;
  readonly firstLeaseMs: Spread;
  /** To the lease that it ran under: later than the first of one that was preempted. */
  readonly lastLeaseMs: Spread;
  readonly kueueMeanMs: number;
}

export interface KueueRun {
  readonly workloads: number;
  readonly ran: number;
  /** From the first arrival to the last release. */
  readonly wallSeconds: number;
  readonly floorSeconds: number;
  /** With what was held by leases that were taken back. */
  readonly floorWithLostSeconds: number;
  readonly wallOverFloor: number;
  readonly wallOverFloorWithLost: number;
  readonly preemptions: number;
  readonly lostUnitSeconds: number;
  readonly admission: Readonly<Record<string, Admission>>;
  /** Of all units over the wall: under leases, and in runs that came to their end. */
  readonly quotaUse: { readonly held: number; readonly useful: number };
  readonly refusals: { readonly count: number; readonly first: string | null };
  /** Leases that ended otherwise than by their agents. */
  readonly cutShort: number;
  readonly memory: PeakMemory | null;
  readonly server: ServerWindow;
  readonly conservation: Conservation;
  readonly violations: readonly string[];
  readonly bars: Readonly<Record<string, Bar>>;
}

/** Far beyond what comes: nothing is to be refused. */
const LIMITS = { agentPerSecond: 100_000, departmentPerSecond: 1_000_000, openPerAgent: 100_000 };
const SETTLE_MS = 15_000;
const NOTE_MS = 5000;

export async function runKueue(options: KueueOptions, note: (line: string) => void): Promise<KueueRun> {
  note('starting the server');
  const configuration = kueueOrganisation(options.minimumRunSeconds);
  const subject = await startSubject({ configuration, limits: LIMITS });
  const wire = createWire(subject.server.url);
  try {
    return await replay(options, { subject, wire, note });
  } finally {
    wire.close();
    await subject.stop();
  }
}

interface Context {
  readonly subject: Subject;
  readonly wire: Wire;
  readonly note: (line: string) => void;
}

async function replay(options: KueueOptions, { subject, wire, note }: Context): Promise<KueueRun> {
  const { configuration, authorizationOf, watched } = subject;
  const workloads = workloadsOf(configuration, options.scalePercent);
  const book: Book = new Book((entry, told) => agents.leased(entry, told));
  const agents = new KueueAgents({ wire, book, authorizationOf });
  await wire.openStreams(
    configuration.agents.map(({ id }) => ({
      authorization: authorizationOf(id),
      onEvent: (type: string, text: string) => book.hear(type, text),
    })),
  );
  const memory = watchMemory(watched);
  const close = await openWindow(subject);
  note(`${workloads.length} workloads`);
  const progress = setInterval(
    () => note(`sent ${agents.courses.length}  ran ${agents.counts.ended}  waiting ${book.waiting}`),
    NOTE_MS,
  );
  const startedMs = performance.now();
  try {
    agents.start(workloads);
    await until(() => agents.counts.ended === workloads.length, options.limitSeconds * 1000);
  } finally {
    clearInterval(progress);
    agents.stop();
  }
  const lastMs = agents.courses.reduce((most, { endedMs }) => Math.max(most, endedMs ?? 0), startedMs);
  const measured = { memory: memory(), server: await close() };
  note('accounting for every request, checking the promises');
  const conservation = await settled(subject, book);
  const dump = await subject.dump();
  const violations = checkPromises(dump, { acknowledged: agents.acknowledged }).map(
    ({ promise, what }) => `${promise}: ${what}`,
  );
  const { courses, counts } = agents;
  const wallMs = lastMs - startedMs;
  const ofCourses = coursesIn(courses, dump, wallMs);
  const run = {
    workloads: workloads.length,
    ran: counts.ended,
    ...wallAgainst(wallMs, floorMs(workloads), floorMs(workloads, ofCourses.lostUnitSeconds * 1000)),
    ...ofCourses,
    refusals: { count: counts.refusals, first: counts.firstRefusal },
    cutShort: counts.cutShort,
    ...measured,
    conservation,
    violations,
  };
  return { ...run, bars: barsOf(run) };
}

function wallAgainst(wallMs: number, floor: number, floorWithLost: number) {
  return {
    wallSeconds: rounded(wallMs / 1000),
    floorSeconds: rounded(floor / 1000),
    floorWithLostSeconds: rounded(floorWithLost / 1000),
    wallOverFloor: rounded(wallMs / floor),
    wallOverFloorWithLost: rounded(wallMs / floorWithLost),
  };
}

/** When releases have been folded too, the book must equal the database. */
async function settled(subject: Subject, book: Book): Promise<Conservation> {
  const endMs = performance.now() + SETTLE_MS;
  for (;;) {
    const found = await conservationOf(subject, book);
    const isSettled = found.lost + found.disagreements + found.strangers + found.unanswered === 0;
    if (isSettled || performance.now() > endMs) return found;
    await sleep(250);
  }
}

function coursesIn(courses: readonly Course[], dump: StoreDump, wallMs: number) {
  const lostUnitMs = courses.reduce((sum, course) => sum + course.lostUnitMs, 0);
  const useful = courses.reduce((sum, { endedMs, workload: { of } }) => {
    return sum + (endedMs === null ? 0 : of.units * of.runMs);
  }, 0);
  const held = dump.lease.reduce((sum, { granted_at_ms, ended_at_ms, allocations }) => {
    const units = allocations.reduce((all, { quantity }) => all + quantity, 0);
    return sum + units * ((ended_at_ms ?? granted_at_ms) - granted_at_ms);
  }, 0);
  return {
    preemptions: courses.reduce((sum, { preemptions }) => sum + preemptions, 0),
    lostUnitSeconds: rounded(lostUnitMs / 1000),
    quotaUse: { held: rounded(held / wallMs / CAPACITY), useful: rounded(useful / wallMs / CAPACITY) },
    admission: Object.fromEntries(CLASSES.map((of) => [of.name, admissionOf(courses, of)])),
  };
}

function admissionOf(courses: readonly Course[], of: WorkloadClass): Admission {
  const ofClass = courses.filter(({ workload }) => workload.of === of);
  const first = ofClass.flatMap(({ firstLeaseMs }) => firstLeaseMs ?? []);
  const last = ofClass.flatMap(({ lastLeaseMs, sentMs }) =>
    lastLeaseMs === null ? [] : lastLeaseMs - sentMs,
  );
  return {
    workloads: ofClass.length,
    meanMs: mean(first),
    firstLeaseMs: spread(first),
    lastLeaseMs: spread(last),
    kueueMeanMs: of.kueueMs,
  };
}

/** A run that was cut off has no wall to be held to. */
function barsOf(run: Omit<KueueRun, 'bars'>): Record<string, Bar> {
  const { workloads, ran, wallOverFloor, memory, conservation, violations } = run;
  return {
    wallOverFloor: bar(ran === workloads ? wallOverFloor : null, 'atMost', 1.15),
    wallSeconds: bar(ran === workloads ? run.wallSeconds : null, 'atMost', KUEUE.wallSeconds),
    peakMegabytes: bar(memory?.megabytes ?? null, 'atMost', KUEUE.megabytes),
    quotaUse: bar(run.quotaUse.useful, 'atLeast', KUEUE.quotaUse),
    lostRequests: bar(conservation.lost + conservation.unanswered + workloads - ran, 'atMost', 0),
    promisesViolated: bar(violations.length, 'atMost', 0),
  };
}
