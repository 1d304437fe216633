// How long the default policies take over a batch, whether their memory stays, and what a reload costs who waits. Called by policy.ts.
// Invariants: no row is like one before; every verdict is checked to be one. `batchMs`: the engine remembers what rules said of fields
// that come again, as a server does; `coldMs`: every batch is the first under its data, as after a change of the organisation.

import { setImmediate } from 'node:timers/promises';
import { evaluateBatch, type LivePolicy, loadPolicy, type PolicyData } from '../policies/index.ts';
import { defaultBundle, workerPolicy } from '../policies/node.ts';
import { DEPARTMENTS, dataOf, rowsOf } from './policyRows.ts';

const ROWS = 2_000;
const COLD_ROUNDS = 40;
const WARM_ROUNDS = 20;
const EVALUATIONS = 100_000;
const RELOADS = 30;

/** Milliseconds. */
export interface Times {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export async function evaluationFigures(rounds: number) {
  const service = await workerPolicy({ bundle: await defaultBundle(), data: dataOf('first') });
  try {
    const batchMs = await batches(service, rounds);
    const emptyMs = await timed(rounds, (round) => service.evaluate({ tick: `empty/${round}`, rows: [] }));
    const againMs = await timed(rounds, (round) =>
      service.evaluate({ tick: `again/${round}`, rows: rowsOf(0, ROWS) }),
    );
    return {
      rows: ROWS,
      departments: DEPARTMENTS,
      rounds,
      batchMs,
      coldMs: await coldBatches(service),
      againMs,
      emptyMs,
      ...(await reloads(service)),
      ...(await memory()),
    };
  } finally {
    await service.close();
  }
}

async function batches(service: LivePolicy, rounds: number): Promise<Times> {
  const times: number[] = [];
  for (let round = 0; round < WARM_ROUNDS + rounds; round += 1) {
    const rows = rowsOf(round, ROWS);
    const from = performance.now();
    const verdicts = await service.evaluate({ tick: `bench/${round}`, rows });
    const took = performance.now() - from;
    const denied = verdicts.filter(({ outcome }) => outcome === 'deny').length;
    if (verdicts.length !== ROWS || denied === 0 || denied === ROWS)
      throw new Error(`${denied} of ${ROWS} denied`);
    if (round >= WARM_ROUNDS) times.push(took);
  }
  return timesOf(times);
}

/** Each under data that was never seen: nothing is remembered of any field. */
async function coldBatches(service: LivePolicy): Promise<Times> {
  return timed(COLD_ROUNDS, async (round) => {
    await service.activate({ data: dataOf(`cold-${round}`) });
    return () => service.evaluate({ tick: `cold/${round}`, rows: rowsOf(round, ROWS) });
  });
}

/** Times what is asked; where that answers a function, the function and not what made it ready. */
async function timed(rounds: number, ask: (round: number) => Promise<unknown>): Promise<Times> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    let from = performance.now();
    const answer = await ask(round);
    if (typeof answer === 'function') {
      from = performance.now();
      await answer();
    }
    times.push(performance.now() - from);
  }
  return timesOf(times);
}

/**
 * As the server does it: new data is foreseen, ticks go on meanwhile, and one of them takes it over. What a tick is delayed by is how much
 * longer the slowest of them took than one alone. `unforeseen`: data that a tick itself must load, as when it comes first.
 */
async function reloads(service: LivePolicy) {
  const dataBytes = JSON.stringify(dataOf('first')).length;
  const none = (): number[] => [];
  const times = {
    aloneMs: none(),
    meanwhileMs: none(),
    behindMs: none(),
    unforeseenMs: none(),
    loopMs: none(),
  };
  for (let index = 0; index < WARM_ROUNDS + RELOADS; index += 1) {
    const ask = async (tick: string): Promise<number> => {
      const from = performance.now();
      await service.evaluate({ tick, rows: rowsOf(1_000 + index, 1) });
      return performance.now() - from;
    };
    const takeOver = async (data: PolicyData): Promise<number> => {
      const activated = service.activate({ data });
      const tookMs = await ask('behind');
      await activated;
      return tookMs;
    };
    const aloneMs = await ask('alone');
    const delays = watchLoop();
    const data = dataOf(`reload-${index}`);
    let isReady = false;
    const foreseen = service.foresee(data).then(() => {
      isReady = true;
    });
    let meanwhileMs = 0;
    while (!isReady) {
      meanwhileMs = Math.max(meanwhileMs, await ask('meanwhile'));
      await setImmediate();
    }
    await foreseen;
    const behindMs = await takeOver(data);
    const loopMs = delays.stop();
    const unforeseenMs = await takeOver(dataOf(`unforeseen-${index}`));
    if (index < WARM_ROUNDS) continue;
    times.aloneMs.push(aloneMs);
    times.meanwhileMs.push(meanwhileMs);
    times.behindMs.push(behindMs);
    times.unforeseenMs.push(unforeseenMs);
    times.loopMs.push(loopMs);
  }
  return {
    reload: {
      dataBytes,
      reloads: RELOADS,
      aloneMs: timesOf(times.aloneMs),
      meanwhileMs: timesOf(times.meanwhileMs),
      behindMs: timesOf(times.behindMs),
      unforeseenMs: timesOf(times.unforeseenMs),
    },
    mainLoopDelayMs: timesOf(times.loopMs),
  };
}

/** The longest time between two turns of the event loop. */
function watchLoop(): { stop(): number } {
  let last = performance.now();
  let longest = 0;
  let isOn = true;
  const turn = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (isOn) void setImmediate().then(turn);
  };
  void setImmediate().then(turn);
  return {
    stop() {
      isOn = false;
      return longest;
    },
  };
}

async function memory() {
  const instance = await loadPolicy({ ...(await defaultBundle()), data: dataOf('memory') });
  let evaluations = 0;
  const ask = (count: number): void => {
    evaluateBatch(instance, { tick: `memory/${evaluations}`, rows: rowsOf(evaluations, count) });
    evaluations += 1;
  };
  // The largest batch comes first, so that whatever grows later is a leak and not a larger batch.
  ask(40);
  const pagesFirst = instance.pages();
  while (evaluations < EVALUATIONS) ask(1 + (evaluations % 4));
  return { memory: { evaluations, pagesFirst, pagesLast: instance.pages() } };
}

function timesOf(values: readonly number[]): Times {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0) * 100) / 100;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
