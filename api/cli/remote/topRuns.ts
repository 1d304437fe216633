// `annona top`: reads pools, queue and the newest tick now and then, counts events as they come, and draws.
// Invariant: the terminal is given back however it ends; without one there is a line at each reading, and nothing is drawn over.

import { type AnnonaClient, type FollowedEvent, ProblemError, type View } from '../../client/index.ts';
import { pause } from '../../client/timing.ts';
import { type CommandIo, EXIT, type Terminal } from '../io.ts';
import { stopSignal } from '../stopSignal.ts';
import { connect } from './connection.ts';
import { flagOf, usage, wholeOf } from './options.ts';
import { firstOf, print } from './output.ts';
import type { Invocation } from './spec.ts';
import { lineOf, OUTCOMES, screenOf, type TopState } from './topScreen.ts';

/** One page: more does not fit any screen. */
const POOLS_A_KIND = 500;
/** New kinds appear seldom; reading all pools, agents among them, is not for every second. */
const READINGS_A_CENSUS = 30;
const RECENT_MAX = 20;
const DRAW_PAUSE_MS = 200;
/** Of one printed page, where no screen says how long it is. */
const PAGE = { columns: 200, rows: 60, colour: false };

/** In raw mode Ctrl-C is a key like any other. */
const LEAVE_KEYS = ['q', 'Q', '\u0003'];
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const TO_LINE_END = '\u001b[K';
const TO_SCREEN_END = '\u001b[J';

export async function top(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  const everySeconds = wholeOf(options, 'every') ?? 0;
  if (everySeconds === 0) throw usage('--every 0 would ask without a pause: say at least 1');
  const { client, url } = await connect(invocation);
  const reading = createReading(client, url);
  await reading.read();
  if (flagOf(options, 'once')) {
    if (flagOf(options, 'json')) io.out(JSON.stringify(reading.state()));
    else print(io, screenOf(reading.state(), PAGE));
    return EXIT.done;
  }
  const json = flagOf(options, 'json');
  const view = io.terminal === undefined || json ? lines(io, json) : fullScreen(io.terminal);
  try {
    await follow(reading, { client, view, everyMs: everySeconds * 1000, signal: stopSignal(() => {}) });
    return EXIT.done;
  } finally {
    view.close();
  }
}

interface Reading {
  read(): Promise<void>;
  hear(event: FollowedEvent): void;
  state(): TopState;
}

function createReading(client: AnnonaClient, url: string): Reading {
  let kinds: readonly string[] = [];
  let readings = 0;
  const decided = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<
    (typeof OUTCOMES)[number],
    number
  >;
  const recent: FollowedEvent[] = [];
  let shown: Pick<TopState, 'tick' | 'pools' | 'reasons'> = { tick: null, pools: [], reasons: [] };
  return {
    async read() {
      if (readings % READINGS_A_CENSUS === 0) kinds = await kindsOf(client);
      readings += 1;
      const [ticks, reasons, ...pools] = await Promise.all([
        client.get('/v1/ticks', { limit: 1 }),
        queueReasons(client),
        ...kinds.map((kind) =>
          firstOf(client.list('/v1/pools', { kind, limit: POOLS_A_KIND }), POOLS_A_KIND),
        ),
      ]);
      shown = { tick: (ticks.items as readonly View[])[0] ?? null, reasons, pools: pools.flat() };
    },
    hear(event) {
      recent.push(event);
      if (recent.length > RECENT_MAX) recent.shift();
      const outcome = OUTCOMES.find((each) => event.type === `annona.request.${each}.v1`);
      if (outcome !== undefined) decided[outcome] += 1;
    },
    state: () => ({ url, decided: { ...decided }, recent: [...recent], ...shown }),
  };
}

/** Every agent is a pool of its own: they are left out, or nothing else would be seen. */
async function kindsOf(client: AnnonaClient): Promise<string[]> {
  const kinds = new Set<string>();
  for await (const { kind } of client.list('/v1/pools', { limit: 500 })) kinds.add(String(kind));
  kinds.delete('agent');
  return [...kinds].sort();
}

async function queueReasons(client: AnnonaClient): Promise<readonly View[]> {
  try {
    return (await client.get('/v1/queue/reasons')).items as readonly View[];
  } catch (error) {
    // Not every role may see the queue; the rest of the screen is worth showing.
    if (error instanceof ProblemError && error.code === 'ROLE_NOT_ALLOWED') return [];
    throw error;
  }
}

interface Shown {
  draw(state: TopState): void;
  /** Also between readings, when events come. */
  readonly live: boolean;
  /** Aborts when the person wants to leave. */
  readonly left: AbortSignal;
  close(): void;
}

function lines(io: CommandIo, json: boolean): Shown {
  const draw = (state: TopState): void => io.out(json ? JSON.stringify(state) : lineOf(state));
  return { draw, live: false, left: new AbortController().signal, close() {} };
}

function fullScreen(terminal: Terminal): Shown {
  const leaving = new AbortController();
  const giveBack = terminal.onKey((key) => {
    if (LEAVE_KEYS.some((each) => key.includes(each))) leaving.abort();
  });
  terminal.write(ENTER);
  return {
    live: true,
    left: leaving.signal,
    draw(state) {
      const drawn = screenOf(state, { ...terminal.size(), colour: terminal.colour });
      terminal.write(`${HOME}${drawn.map((line) => `${line}${TO_LINE_END}`).join('\r\n')}${TO_SCREEN_END}`);
    },
    close() {
      terminal.write(LEAVE);
      giveBack();
    },
  };
}

interface Following {
  readonly client: AnnonaClient;
  readonly view: Shown;
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

/** Until the person leaves, or either half fails: then both end. */
async function follow(reading: Reading, { client, view, everyMs, signal }: Following): Promise<void> {
  const failing = new AbortController();
  const ending = AbortSignal.any([signal, view.left, failing.signal]);
  let stale = false;
  const hear = async (): Promise<void> => {
    for await (const event of client.events({ signal: ending })) {
      reading.hear(event);
      if (!stale && view.live) {
        stale = true;
        void pause(DRAW_PAUSE_MS, ending).then(() => {
          stale = false;
          if (!ending.aborted) view.draw(reading.state());
        });
      }
    }
  };
  const read = async (): Promise<void> => {
    while (!ending.aborted) {
      view.draw(reading.state());
      await pause(everyMs, ending);
      if (!ending.aborted) await reading.read();
    }
  };
  const halves = [hear(), read()].map((half) =>
    half.catch((error: unknown) => {
      failing.abort();
      throw error;
    }),
  );
  const [heard, was] = await Promise.allSettled(halves);
  for (const half of [heard, was]) if (half?.status === 'rejected') throw half.reason;
}
