// One run of the drain: a burst of requests at once, half of which end at once and half must wait, until each has its first Decision.
// Invariant: a Decision counts when its event is on the stream, which is after the COMMIT. Called by drain.ts and its test.

import type { Agent, Pool } from '../scheduler/index.ts';
import { sendBatch, type Wish } from './batch.ts';
import { Book, type Entry } from './book.ts';
import { type Conservation, conservationOf } from './conservation.ts';
import { type Bar, bar, rounded, type Spread, spread } from './figures.ts';
import { type Floor, measureFloor } from './floor.ts';
import { openWindow, type ServerWindow } from './serverWindow.ts';
import { blockedPool, readersOf, Standing, waiterBody } from './standing.ts';
import { type Subject, startSubject } from './subject.ts';
import { type TickBytes, tickBytesOf } from './tickBytes.ts';
import { until } from './until.ts';
import { createWire, type Wire } from './wire.ts';

export interface DrainOptions {
  readonly requests: number;
  readonly batch: number;
}

export interface DrainRun {
  /** From the first submit: to the last 202, the last terminal Decision, the last first `waiting`. */
  readonly acknowledgedMs: number;
  readonly terminal: Drained;
  readonly waiting: Drained;
  readonly floor: Floor;
  readonly terminalShareOfFloor: number;
  readonly tickBytes: TickBytes;
  readonly server: ServerWindow;
  readonly conservation: Conservation;
  readonly bars: Readonly<Record<string, Bar>>;
}

export interface Drained {
  readonly requests: number;
  readonly lastMs: number;
  readonly perSecond: number;
  readonly firstDecisionMs: Spread;
  /** Between the first and the last commit, as the database stamped them. */
  readonly databaseMs: number | null;
}

interface DrainWish extends Wish {
  readonly isTerminal: boolean;
}

const DRAIN_MS = 120_000;
const SETTLE_MS = 15_000;
/** Agents that send the batches, over all departments. */
const AGENTS = 20;
/** Of those that end at once, one in five is denied. */
const DENIED_EVERY = 5;
const GPU_EVERY = 4;
/** Beyond what the class allows and within what the longest class does: a denial by policy, not a refusal at the edge. */
const TOO_LONG_SECONDS = 400_000;

export async function runDrain(options: DrainOptions, note: (line: string) => void): Promise<DrainRun> {
  note('starting the server');
  const subject = await startSubject();
  const wire = createWire(subject.server.url);
  try {
    return await drain(options, { subject, wire, note });
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

async function drain(options: DrainOptions, { subject, wire, note }: Context): Promise<DrainRun> {
  const { configuration, authorizationOf } = subject;
  const pool = blockedPool(configuration);
  const actors = readersOf(configuration, configuration.agents);
  let standing: Standing | null = null;
  const book = new Book((entry, told) => void standing?.leased(entry, told));
  await wire.openStreams([
    { authorization: subject.operatorAuthorization, onEvent: (type, text) => book.hear(type, text) },
  ]);
  standing = new Standing({ configuration, actors, pool, wire, book, authorizationOf });
  try {
    const blocker = standing.block();
    if (!(await until(() => blocker.state === 'granted', SETTLE_MS)))
      throw new Error('nobody took the seats');
    const close = await openWindow(subject);
    note(`submitting ${options.requests} requests in batches of ${options.batch}`);
    const startedMs = performance.now();
    const batches = batchesOf(options, { actors, pool });
    const entries = batches.flatMap((wishes) =>
      sendBatch(wishes, { wire, book, authorizationOf }).map((entry, i) => ({
        entry,
        isTerminal: wishes[i]!.isTerminal,
      })),
    );
    await until(
      () => entries.every(({ entry }) => entry.decidedMs !== null || entry.refusal !== null),
      DRAIN_MS,
    );
    const server = await close();
    note('measuring the floor, accounting for every request');
    return await resultOf({ subject, book, entries, startedMs, server });
  } finally {
    standing.close();
  }
}

/** Every second request ends at once, so that both halves are in every batch and every tick. */
function batchesOf(
  { requests, batch }: DrainOptions,
  { actors, pool }: { actors: readonly Agent[]; pool: Pool },
): DrainWish[][] {
  const senders = Array.from(
    { length: AGENTS },
    (_, i) => actors[Math.floor((i * actors.length) / AGENTS)]!.id,
  );
  const batches: DrainWish[][] = [];
  for (let first = 0; first < requests; first += batch) {
    const agent = senders[batches.length % AGENTS]!;
    const length = Math.min(batch, requests - first);
    batches.push(Array.from({ length }, (_, i) => wishOf(first + i, { agent, pool })));
  }
  return batches;
}

function wishOf(index: number, { agent, pool }: { agent: string; pool: Pool }): DrainWish {
  const clientRequestId = `drain-${index}`;
  if (index % 2 === 1) return { agent, isTerminal: false, body: { clientRequestId, ...waiterBody(pool) } };
  const nth = index / 2;
  const isDenied = nth % DENIED_EVERY === 0;
  const claims = [
    { kind: 'cpu', quantity: 1 + (nth % 4) },
    { kind: 'memory', quantity: 4 },
    ...(nth % GPU_EVERY === 1 ? [{ kind: 'gpu', quantity: 1, prefer: [{ model: 'A100' }] }] : []),
  ];
  const terms = { class: 'standard', durationSeconds: isDenied ? TOO_LONG_SECONDS : 300 };
  return { agent, isTerminal: true, body: { clientRequestId, options: [{ claims }], terms } };
}

interface SentWish {
  readonly isTerminal: boolean;
  readonly entry: Entry;
}

async function resultOf(done: {
  subject: Subject;
  book: Book;
  entries: readonly SentWish[];
  startedMs: number;
  server: ServerWindow;
}): Promise<DrainRun> {
  const { subject, book, entries, startedMs, server } = done;
  const times = await subject.query<{ type: string; firstAtMs: number; lastAtMs: number }>('decision-times');
  const drained = (isTerminal: boolean): Drained => {
    const ofKind = entries.flatMap((sent) =>
      sent.isTerminal === isTerminal ? [sent.entry.decidedMs ?? Number.NaN] : [],
    );
    const decided = ofKind.filter(Number.isFinite).map((atMs) => atMs - startedMs);
    const lastMs = Math.max(0, ...decided);
    const stamps = times.filter(({ type }) => type.includes('.waiting.') !== isTerminal);
    return {
      requests: decided.length,
      lastMs: rounded(lastMs),
      perSecond: lastMs === 0 ? 0 : rounded((decided.length / lastMs) * 1000),
      firstDecisionMs: spread(decided),
      databaseMs:
        stamps.length === 0
          ? null
          : Math.max(...stamps.map(({ lastAtMs }) => lastAtMs)) -
            Math.min(...stamps.map(({ firstAtMs }) => firstAtMs)),
    };
  };
  const terminal = drained(true);
  const conservation = await conservationOf(subject, book);
  const tickBytes = await tickBytesOf(subject);
  const floor = await measureFloor(subject);
  return {
    acknowledgedMs: rounded(Math.max(...entries.map(({ entry }) => entry.answeredMs ?? 0)) - startedMs),
    terminal,
    waiting: drained(false),
    floor,
    terminalShareOfFloor: rounded(terminal.perSecond / floor.rowsPerSecond),
    tickBytes,
    server,
    conservation,
    bars: {
      terminalPerSecond: bar(terminal.perSecond, 'atLeast', 1000),
      ticksOverByteBound: bar(tickBytes.overBound, 'atMost', 0),
      lostRequests: bar(conservation.lost + conservation.unanswered, 'atMost', 0),
    },
  };
}
