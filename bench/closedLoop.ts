// Requests that can all be granted, so many at a time: the next batch is sent when one has its Decisions. What is counted are Decisions that
// are final and durable: their events come after the COMMIT.
// Invariant: bounded by time and by what the processors' share of the organisation holds. Called by fullRun.ts.

import type { Agent, Configuration } from '../scheduler/index.ts';
import { sendBatch, type Wish } from './batch.ts';
import { Book, type Entry } from './book.ts';
import { type Conservation, conservationOf } from './conservation.ts';
import { rounded, type Spread, spread } from './figures.ts';
import { capacityOf } from './mix.ts';
import { openWindow, type ServerWindow } from './serverWindow.ts';
import type { Subject } from './subject.ts';
import { until } from './until.ts';
import { createSpreadWire } from './wire.ts';

export interface LoopOptions {
  /** Requests under way. */
  readonly open: number;
  readonly batch: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export interface LoopRun {
  readonly sent: number;
  readonly terminal: number;
  /** Of the measured seconds. */
  readonly terminalPerSecond: number;
  /** From the warm-up to the last send, at most `seconds`. */
  readonly measuredSeconds: number;
  readonly firstDecisionMs: Spread;
  /** Sent while there was room for more: less than the time means that the organisation was full before. */
  readonly sendingSeconds: number;
  readonly server: ServerWindow;
  readonly conservation: Conservation;
}

const KIND = 'cpu';
/** Of the capacity: beyond it shares of departments run out. */
const FILL = 0.75;
const SETTLE_MS = 15_000;

export async function runLoop(
  options: LoopOptions,
  { subject, urls, note }: { subject: Subject; urls: readonly string[]; note: (line: string) => void },
): Promise<LoopRun> {
  const wire = createSpreadWire(urls);
  const book = new Book(() => {});
  const { configuration, authorizationOf, operatorAuthorization } = subject;
  try {
    await wire.openStreams([
      { authorization: operatorAuthorization, onEvent: (type, text) => book.hear(type, text) },
    ]);
    note(`${options.open} requests under way, in batches of ${options.batch}`);
    const close = await openWindow(subject);
    const next = batches(configuration, options.batch);
    const startedMs = performance.now();
    const fromMs = startedMs + options.warmUpSeconds * 1000;
    const toMs = fromMs + options.seconds * 1000;
    const most = FILL * capacityOf(configuration, KIND);
    let underWay: (readonly Entry[])[] = [];
    let lastSentMs = startedMs;
    await until(
      () => {
        underWay = underWay.filter((entries) => !entries.every(isDecided));
        while (underWay.length * options.batch < options.open && book.entries.length < most) {
          underWay.push(sendBatch(next(), { wire, book, authorizationOf }));
          lastSentMs = performance.now();
        }
        return performance.now() >= toMs || underWay.length === 0;
      },
      toMs - startedMs + SETTLE_MS,
    );
    const server = await close();
    await until(() => book.entries.every(isDecided), SETTLE_MS);
    const conservation = await conservationOf(subject, book);
    if (lastSentMs <= fromMs) throw new Error(`all ${most} were sent within the warm-up: shorten it`);
    return {
      // Once nothing more is sent the rate falls: what came before counts.
      ...figuresOf(book, fromMs, Math.min(toMs, lastSentMs)),
      sendingSeconds: rounded((lastSentMs - startedMs) / 1000),
      server,
      conservation,
    };
  } finally {
    wire.close();
  }
}

function isDecided({ decidedMs, refusal }: Entry): boolean {
  return decidedMs !== null || refusal !== null;
}

function figuresOf({ entries }: Book, fromMs: number, toMs: number) {
  const terminal = entries.filter(({ state }) => state === 'granted' || state === 'denied');
  const inWindow = terminal.filter(({ decidedMs }) => decidedMs! >= fromMs && decidedMs! < toMs);
  return {
    sent: entries.length,
    terminal: terminal.length,
    terminalPerSecond: rounded((inWindow.length * 1000) / (toMs - fromMs)),
    measuredSeconds: rounded((toMs - fromMs) / 1000),
    firstDecisionMs: spread(inWindow.map(({ decidedMs, sentMs }) => decidedMs! - sentMs)),
  };
}

/** Batches of one agent each, all agents in turn: departments come by their sizes. */
function batches({ agents }: Configuration, size: number): () => Wish[] {
  let sent = 0;
  return () => {
    const { id } = nth(agents, sent);
    sent += 1;
    return Array.from({ length: size }, (_, i) => ({
      agent: id,
      body: {
        clientRequestId: `loop-${sent}-${i}`,
        options: [{ claims: [{ kind: KIND, quantity: 1 }] }],
        terms: { class: 'standard', durationSeconds: 300 },
      },
    }));
  };
}

/** A stride that is prime to any count of agents that comes up: neighbours in the list are of one department. */
const STRIDE = 101;

function nth(agents: readonly Agent[], i: number): Agent {
  return agents[(i * STRIDE) % agents.length]!;
}
