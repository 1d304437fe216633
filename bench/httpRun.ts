// One run of the HTTP bench: boot, streams, standing queue, warm-up, the measured windows, and every request accounted for.
// Invariant: the server runs in a process of its own, this one only generates and measures. Called by http.ts and fullRun.ts.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent } from '../scheduler/index.ts';
import { Book, type Entry, type Told } from './book.ts';
import { seeded } from './chance.ts';
import { type Conservation, conservationOf } from './conservation.ts';
import { type Bar, bar, rounded, type Spread, spread } from './figures.ts';
import { createMix } from './mix.ts';
import { ScarceUse, type ScarceWindow } from './scarceUse.ts';
import { openWindow, type ServerWindow } from './serverWindow.ts';
import { blockedPool, Standing } from './standing.ts';
import { type Subject, startSubject } from './subject.ts';
import { Traffic } from './traffic.ts';
import { until } from './until.ts';
import { createSpreadWire, type StreamWish, type Wire } from './wire.ts';

export interface HttpOptions {
  readonly profile: 'steady' | 'surge' | 'both';
  /** Whether HTTP has a process of its own. */
  readonly edge: 'process' | 'inside';
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly surgeSeconds: number;
  readonly streams: number;
  readonly standing: number;
  readonly seed: number;
}

export interface Figures {
  readonly ratePerSecond: number;
  readonly arrivals: number;
  /** From the actual send to the first Decision on the agent's stream. */
  readonly firstDecisionMs: Spread;
  /** The same from the scheduled send: what the generator's own lateness adds is in it. */
  readonly fromScheduleMs: Spread;
  readonly latenessMs: Spread;
  /** To the event's record out of Kafka, where it is read there. */
  readonly consumedMs: Spread;
  /** First Decisions on the streams within the window: the rate, unless the server does not keep up with it. */
  readonly decidedPerSecond: number;
  /** To the 202, which comes after the COMMIT of the intake. */
  readonly answeredMs: Spread;
  /** Of the window's arrivals, as they stood at the end of the run. */
  readonly states: Readonly<Record<string, number>>;
  readonly scarce: ScarceWindow;
  readonly server: ServerWindow;
  /** Requests of the traffic that waited when the window closed; the standing ones come on top. */
  readonly waitingAtEnd: number;
}

export interface HttpRun {
  readonly scarceShare: number;
  readonly standing: { readonly asked: number; readonly waiting: number };
  readonly steady: Figures | null;
  readonly surge: (Figures & { readonly recoverySeconds: number | null }) | null;
  readonly streams: {
    readonly open: number;
    readonly broken: number;
    readonly refused: number;
    readonly megabytes: number;
  };
  readonly releases: {
    readonly sent: number;
    readonly refused: number;
    readonly firstRefusal: string | null;
  };
  readonly firstRefusal: string | null;
  readonly conservation: Conservation;
  readonly bars: Readonly<Record<string, Bar>>;
}

type Consumed = ReadonlyMap<string, number>;

interface Measured {
  figures(consumed?: Consumed): Figures;
}

const LOAD = 0.9;
const SURGE_FACTOR = 1.5;
const SETTLE_MS = 15_000;
const INSTRUMENTS_MS = 1000;
/** A surge leaves what 10 % of spare capacity works off: 35 % of it for 10 s takes about 35 s. */
const RECOVERY_MS = 120_000;

export async function runHttp(options: HttpOptions, note: (line: string) => void): Promise<HttpRun> {
  note('starting the server');
  const subject = await startSubject({ edge: options.edge });
  try {
    return await runHttpOn(options, { subject, urls: [subject.server.url], note });
  } finally {
    await subject.stop();
  }
}

export interface HttpContext {
  readonly subject: Subject;
  /** Of its API processes: calls and streams go to them in turn. */
  readonly urls: readonly string[];
  readonly note: (line: string) => void;
  /** Where the events are read from Kafka too: when the first Decision of each request was, once those of all of them have come. */
  readonly consumed?: (requests: ReadonlySet<string>) => Promise<ReadonlyMap<string, number>>;
}

/** On a server that runs already. */
export async function runHttpOn(options: HttpOptions, context: HttpContext): Promise<HttpRun> {
  const wire = createSpreadWire(context.urls);
  try {
    return await new HttpBench(options, { ...context, wire }).run();
  } finally {
    wire.close();
  }
}

class HttpBench {
  readonly #options: HttpOptions;
  readonly #subject: Subject;
  readonly #wire: Wire;
  readonly #note: (line: string) => void;
  readonly #consumed: HttpContext['consumed'];
  readonly #book: Book;
  readonly #traffic: Traffic;
  readonly #standing: Standing;
  readonly #scarce: ScarceUse;
  readonly #actors: readonly Agent[];
  readonly #scarceShare: number;

  constructor(
    options: HttpOptions,
    { subject, wire, note, consumed }: HttpContext & { readonly wire: Wire },
  ) {
    this.#consumed = consumed;
    this.#options = options;
    this.#subject = subject;
    this.#wire = wire;
    this.#note = note;
    const { configuration, authorizationOf } = subject;
    const { ratePerSecond, seed, streams } = options;
    this.#actors = spreadOver(configuration.agents, Math.min(streams, configuration.agents.length));
    const book = new Book((entry, told) => this.#leased(entry, told));
    const pool = blockedPool(configuration);
    const actors = this.#actors;
    const mix = createMix({
      configuration,
      actors,
      ratePerSecond,
      load: LOAD,
      random: seeded(seed),
      except: pool,
    });
    this.#scarceShare = mix.scarceShare;
    this.#scarce = new ScarceUse(configuration, mix.scarceCapacity);
    this.#standing = new Standing({ configuration, actors, pool, wire, book, authorizationOf });
    this.#traffic = new Traffic({
      wire,
      book,
      mix,
      random: seeded(seed + 1),
      ratePerSecond,
      authorizationOf,
      run: 'mix',
    });
    this.#book = book;
  }

  async run(): Promise<HttpRun> {
    const { profile, seconds, surgeSeconds, warmUpSeconds, ratePerSecond } = this.#options;
    await this.#prepare();
    this.#note(`warming up for ${warmUpSeconds} s at ${ratePerSecond} requests/s`);
    this.#traffic.start();
    const progress = setInterval(() => this.#note(this.#line()), 5000);
    try {
      await sleep(warmUpSeconds * 1000);
      const steady = profile === 'surge' ? null : await this.#measure(ratePerSecond, seconds);
      const calm = this.#book.waiting;
      const surge =
        profile === 'steady' ? null : await this.#measure(SURGE_FACTOR * ratePerSecond, surgeSeconds);
      const recoverySeconds = surge === null ? null : await this.#recover(calm);
      const conservation = await this.#settle();
      const consumed = await this.#consumed?.(new Set(this.#book.byId.keys()));
      const figures = steady?.figures(consumed) ?? null;
      return {
        ...this.#totals(),
        steady: figures,
        surge: surge && { ...surge.figures(consumed), recoverySeconds },
        conservation,
        bars: barsOf(figures, conservation),
      };
    } finally {
      clearInterval(progress);
      this.#traffic.stop();
      this.#standing.close();
    }
  }

  async #prepare(): Promise<void> {
    const { streams, standing } = this.#options;
    this.#note(`opening ${streams} event streams of ${this.#actors.length} agents`);
    await this.#wire.openStreams(Array.from({ length: streams }, (_, i) => this.#stream(i)));
    const blocker = this.#standing.block();
    await this.#demand(
      () => blocker.state === 'granted',
      () => `the blocker is ${blocker.refusal ?? blocker.state}`,
    );
    this.#standing.wait(standing);
    await this.#demand(
      () => this.#book.waiting === standing,
      () => `${this.#book.waiting} of ${standing} wait`,
    );
  }

  async #demand(isSo: () => boolean, found: () => string): Promise<void> {
    if (!(await until(isSo, SETTLE_MS))) throw new Error(`before the run: ${found()}`);
  }

  /** The first stream of an agent drives its leases, the others are read and counted. */
  #stream(index: number): StreamWish {
    const agent = this.#actors[index % this.#actors.length]!.id;
    const authorization = this.#subject.authorizationOf(agent);
    if (index >= this.#actors.length) return { authorization };
    return { authorization, onEvent: (type, text) => this.#book.hear(type, text) };
  }

  #leased(entry: Entry, told: Told): void {
    if (this.#standing.leased(entry, told)) return;
    this.#scarce.leased(entry, told);
    this.#traffic.leased(entry, told);
  }

  /** Answers the figures as a question for later: what was sent at the end of the window is decided after it. */
  async #measure(ratePerSecond: number, seconds: number): Promise<Measured> {
    this.#note(`measuring ${seconds} s at ${ratePerSecond} requests/s`);
    const close = await openWindow(this.#subject);
    // Reading the server's sums costs both processes some milliseconds: that is over before anything is measured.
    await sleep(INSTRUMENTS_MS);
    const fromMs = performance.now();
    this.#traffic.ratePerSecond = ratePerSecond;
    this.#scarce.open(fromMs);
    await sleep(seconds * 1000);
    const toMs = performance.now();
    this.#traffic.ratePerSecond = this.#options.ratePerSecond;
    const scarce = this.#scarce.close(toMs);
    const waitingAtEnd = this.#book.waiting - this.#options.standing;
    const server = await close();
    const entries = (): Entry[] =>
      this.#book.entries.filter(({ scheduledMs }) => scheduledMs >= fromMs && scheduledMs < toMs);
    const decided = this.#book.entries.filter(({ decidedMs }) => decidedMs !== null && decidedMs >= fromMs);
    const decidedPerSecond = rounded(decided.filter(({ decidedMs }) => decidedMs! < toMs).length / seconds);
    const window = { ratePerSecond, scarce, server, waitingAtEnd, decidedPerSecond };
    return { figures: (consumed) => ({ ...latencies(entries(), consumed), ...window }) };
  }

  /** Until no more wait than before the surge; null when that took too long. */
  async #recover(calm: number): Promise<number | null> {
    this.#note('recovering from the surge');
    const startedMs = performance.now();
    const isCalm = await until(() => this.#book.waiting <= calm, RECOVERY_MS);
    return isCalm ? Math.round(performance.now() - startedMs) / 1000 : null;
  }

  /** No more arrivals; when everything is decided, no more releases; then the book must equal the database. */
  async #settle(): Promise<Conservation> {
    this.#note('accounting for every request');
    const { entries } = this.#book;
    this.#traffic.stop();
    await until(() => this.#book.undecided === 0 && entries.every(isAnswered), SETTLE_MS);
    this.#traffic.keepLeases();
    const endMs = performance.now() + SETTLE_MS;
    for (;;) {
      const found = await conservationOf(this.#subject, this.#book);
      const isSettled = found.lost + found.disagreements + found.strangers + found.unanswered === 0;
      if (isSettled || performance.now() > endMs) return found;
      await sleep(250);
    }
  }

  #totals(): Pick<HttpRun, 'scarceShare' | 'standing' | 'streams' | 'releases' | 'firstRefusal'> {
    const { open, broken, refused, bytes } = this.#wire.streams;
    const { releases, releasesRefused, firstRefusal } = this.#traffic.counts;
    const waiting = this.#standing.entries.filter(({ state }) => state === 'waiting').length;
    return {
      scarceShare: this.#scarceShare,
      standing: { asked: this.#options.standing, waiting },
      streams: { open, broken, refused, megabytes: Math.round(bytes / 1e6) },
      releases: { sent: releases, refused: releasesRefused, firstRefusal },
      firstRefusal: this.#book.entries.find(({ refusal }) => refusal !== null)?.refusal ?? null,
    };
  }

  #line(): string {
    const { entries, undecided, waiting } = this.#book;
    return `sent ${entries.length}  undecided ${undecided}  waiting ${waiting}  streams ${this.#wire.streams.open}`;
  }
}

function isAnswered({ id, refusal }: Entry): boolean {
  return id !== null || refusal !== null;
}

type Latencies = Pick<
  Figures,
  'arrivals' | 'firstDecisionMs' | 'fromScheduleMs' | 'latenessMs' | 'consumedMs' | 'answeredMs' | 'states'
>;

function latencies(entries: readonly Entry[], consumed: Consumed = new Map()): Latencies {
  const between = (from: (entry: Entry) => number, to: (entry: Entry) => number | null): Spread =>
    spread(entries.map((entry) => (to(entry) ?? Number.NaN) - from(entry)).filter(Number.isFinite));
  const sent = ({ sentMs }: Entry): number => sentMs;
  const scheduled = ({ scheduledMs }: Entry): number => scheduledMs;
  const states: Record<string, number> = {};
  for (const { state } of entries) states[state] = (states[state] ?? 0) + 1;
  return {
    arrivals: entries.length,
    firstDecisionMs: between(sent, ({ decidedMs }) => decidedMs),
    fromScheduleMs: between(scheduled, ({ decidedMs }) => decidedMs),
    latenessMs: between(scheduled, sent),
    consumedMs: between(sent, ({ id }) => (id === null ? null : (consumed.get(id) ?? null))),
    answeredMs: between(sent, ({ answeredMs }) => answeredMs),
    states,
  };
}

/** The bars are the profile `steady`'s; a surge is shown and held to nothing but the conservation. */
function barsOf(steady: Figures | null, { lost, unanswered }: Conservation): Record<string, Bar> {
  const conserved = { lostRequests: bar(lost + unanswered, 'atMost', 0) };
  if (steady === null) return conserved;
  const { p50, p99 } = steady.firstDecisionMs;
  return {
    firstDecisionP50Ms: bar(p50, 'atMost', 60),
    firstDecisionP99Ms: bar(p99, 'atMost', 150),
    firstDecisionP99GoalMs: bar(p99, 'atMost', 100),
    engineShare: bar(steady.server.engineShare, 'atLeast', 0.9),
    ...conserved,
  };
}

/** `count` of them, evenly over the list, so that every department is there. */
function spreadOver<T>(list: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)]!);
}
