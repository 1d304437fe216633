// How long the default policies take over a batch, whether their memory stays, and what a reload costs who waits. Called by policy.ts.
// Invariants: rows differ from round to round, so that no verdict is remembered; every verdict is checked to be one.

import {
  evaluateBatch,
  type LivePolicy,
  loadPolicy,
  type PolicyData,
  type PolicyRow,
} from '../policies/index.ts';
import { defaultBundle, workerPolicy } from '../policies/node.ts';

const ROWS = 2_000;
const DEPARTMENTS = 50;
const WARM_ROUNDS = 20;
const EVALUATIONS = 100_000;
const RELOADS = 30;
/** Makes the data about 100 KB of JSON. */
const AGENTS = 2_000;

/** Milliseconds. */
export interface Times {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

function dataOf(revision: string): PolicyData {
  const department = {
    ...({ classes: ['standard'], kinds: '*', limits: { '*': 64 }, clearanceCeiling: 3 } as const),
    ...{ models: '*' as const, agentsMost: AGENTS, quietHours: { from: 22, to: 6, classes: ['batch'] } },
  };
  const ids = Array.from({ length: DEPARTMENTS }, (_, index) => `department-${index}`);
  const agents = Array.from({ length: AGENTS }, (_, index) => [
    `agent-${index}`,
    { department: `department-${index % DEPARTMENTS}`, ordinal: 1 + Math.floor(index / DEPARTMENTS) },
  ]);
  return {
    revision,
    departments: Object.fromEntries(ids.map((id) => [id, department])),
    classes: { standard: { maxDurationSeconds: 1_000_000_000, maxCostMinor: 10_000_000 } },
    agents: Object.fromEntries(agents),
    datasets: {},
    separatedDuties: [],
    purposeRequiredFrom: 2,
    approvalRequiredFrom: 4,
  };
}

function rowsOf(round: number, count: number): PolicyRow[] {
  return Array.from({ length: count }, (_, index) => ({
    department: `department-${index % DEPARTMENTS}`,
    agent: `agent-${index % AGENTS}`,
    roles: ['service'],
    skills: ['training'],
    clearance: 2,
    class: 'standard',
    classification: index % 4,
    purpose: 'training the model for the forecast of the third quarter',
    durationSeconds: 60 + round * ROWS + index,
    preemptible: index % 2 === 0,
    quantities: { gpu: 1 + (index % 80), cpu: 8 },
    models: ['H100'],
    datasets: [],
    costMinor: index,
    hour: 10,
    weekday: index % 7,
  }));
}

export async function evaluationFigures(rounds: number) {
  const service = await workerPolicy({ bundle: await defaultBundle(), data: dataOf('first') });
  try {
    const batchMs = await batches(service, rounds);
    return {
      rows: ROWS,
      departments: DEPARTMENTS,
      rounds,
      batchMs,
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

/** An evaluation that is called right behind a reload waits for it; and meanwhile the main thread must go on. */
async function reloads(service: LivePolicy) {
  const dataBytes = JSON.stringify(dataOf('first')).length;
  const alone: number[] = [];
  const behind: number[] = [];
  const loop: number[] = [];
  for (let index = 0; index < WARM_ROUNDS + RELOADS; index += 1) {
    const data = dataOf(`reload-${index}`);
    const ask = async (tick: string): Promise<number> => {
      const from = performance.now();
      await service.evaluate({ tick, rows: rowsOf(1_000 + index, 1) });
      return performance.now() - from;
    };
    const aloneMs = await ask('alone');
    const delays = watchLoop();
    const activated = service.activate({ data });
    const behindMs = await ask('behind');
    await activated;
    const loopMs = delays.stop();
    if (index < WARM_ROUNDS) continue;
    alone.push(aloneMs);
    behind.push(behindMs);
    loop.push(loopMs);
  }
  return {
    reload: {
      dataBytes,
      reloads: RELOADS,
      evaluationAloneMs: timesOf(alone),
      evaluationBehindMs: timesOf(behind),
    },
    mainLoopDelayMs: timesOf(loop),
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
    if (isOn) setImmediate(turn);
  };
  setImmediate(turn);
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
