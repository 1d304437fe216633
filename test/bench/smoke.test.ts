// The benches run, whatever the machine: tiny numbers, the shape of their JSON, and no lost request. No figure is judged here. bench:full is in full.long.ts.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

interface Result {
  readonly runs: readonly { readonly steady?: { readonly arrivals: number } }[];
}

async function resultOf(script: string, options: readonly string[]): Promise<Result> {
  const { stdout } = await run(process.execPath, [join(ROOT, 'bench', script), '--json', ...options]);
  return JSON.parse(stdout);
}

const aSpread = (count: number) => ({
  count,
  p50: expect.any(Number),
  p90: expect.any(Number),
  p99: expect.any(Number),
  max: expect.any(Number),
});
const wantMachine = {
  cores: expect.any(Number),
  cpu: expect.any(String),
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
  loadAverage: [expect.any(Number), expect.any(Number), expect.any(Number)],
  loadAverageAfter: [expect.any(Number), expect.any(Number), expect.any(Number)],
};

describe('the benches', () => {
  it('measure first Decisions over HTTP and lose no request', async () => {
    const args = {
      profile: 'both',
      rate: 20,
      seconds: 2,
      'warm-up': 1,
      'surge-seconds': 1,
      streams: 20,
      standing: 5,
    };
    const result = await resultOf(
      'http.ts',
      Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)]),
    );
    const arrivals = result.runs[0]!.steady!.arrivals;
    // 2 s of 20 a second; the window is opened and closed by a timer, so the last slots may fall on either side.
    expect(arrivals).toBeGreaterThanOrEqual(30);
    expect(result).toMatchObject({
      bench: 'http',
      options: { profile: 'both', ratePerSecond: 20, streams: 20, standing: 5, seed: 1 },
      machine: wantMachine,
      runs: [
        {
          standing: { asked: 5, waiting: 5 },
          steady: {
            ratePerSecond: 20,
            firstDecisionMs: aSpread(arrivals),
            fromScheduleMs: aSpread(arrivals),
            latenessMs: aSpread(arrivals),
            answeredMs: aSpread(arrivals),
            scarce: { mean: expect.any(Number), least: expect.any(Number), most: expect.any(Number) },
            server: {
              ticks: expect.any(Number),
              engineShare: expect.any(Number),
              pending: { p50: 5 },
              columns: { max: expect.any(Number) },
              phasesMs: { foldMs: { p99: expect.any(Number) }, solveMs: { p99: expect.any(Number) } },
              eventLoopLagMs: { p99: expect.any(Number) },
            },
          },
          surge: { ratePerSecond: 30, recoverySeconds: expect.any(Number) },
          streams: { open: 20, broken: 0 },
          releases: { refused: 0, firstRefusal: null },
          conservation: { refused: 0, unanswered: 0, lost: 0, disagreements: 0, strangers: 0 },
        },
      ],
      bars: {
        firstDecisionP50Ms: { rule: 'atMost', limit: 60 },
        firstDecisionP99Ms: { rule: 'atMost', limit: 150 },
        engineShare: { rule: 'atLeast', limit: 0.9 },
        lostRequests: { value: 0, rule: 'atMost', limit: 0, met: true },
      },
    });
  });

  it('drain a burst, half of which ends at once and half of which waits, and lose no request', async () => {
    const result = await resultOf('drain.ts', ['--requests', '60', '--batch', '20']);
    expect(result).toMatchObject({
      bench: 'drain',
      options: { requests: 60, batch: 20 },
      machine: wantMachine,
      runs: [
        {
          terminal: { requests: 30, perSecond: expect.any(Number), firstDecisionMs: aSpread(30) },
          waiting: { requests: 30, perSecond: expect.any(Number), firstDecisionMs: aSpread(30) },
          floor: { rowBytes: expect.any(Number), commits: 20, rowsPerSecond: expect.any(Number) },
          tickBytes: { overBound: 0 },
          // One more than asked: the lease that holds the seats.
          conservation: {
            sent: 61,
            accepted: 61,
            states: { granted: 25, denied: 6, waiting: 30 },
            lost: 0,
            disagreements: 0,
            strangers: 0,
          },
        },
      ],
      bars: {
        terminalPerSecond: { rule: 'atLeast', limit: 1000 },
        ticksOverByteBound: { value: 0, met: true },
        lostRequests: { value: 0, met: true },
      },
    });
  });

  it("replay a fiftieth of Kueue's baseline, run every workload and break no promise", async () => {
    const result = await resultOf('kueue.ts', ['--scale', '2', '--limit-seconds', '60']);
    // Of each of 30 queues 2 % of 350, 100 and 50 workloads.
    const anAdmission = (workloads: number) => ({
      workloads,
      meanMs: expect.any(Number),
      firstLeaseMs: aSpread(workloads),
      lastLeaseMs: aSpread(workloads),
    });
    expect(result).toMatchObject({
      bench: 'kueue',
      options: { scalePercent: 2, limitSeconds: 60 },
      machine: wantMachine,
      bars: {
        wallOverFloor: { rule: 'atMost', limit: 1.15 },
        peakMegabytes: { rule: 'atMost', limit: 445 },
        lostRequests: { value: 0, met: true },
        promisesViolated: { value: 0, met: true },
      },
      run: {
        workloads: 300,
        ran: 300,
        // 30 queues with (7 x 1 x 0.2 + 2 x 5 x 0.5 + 1 x 20 x 1) unit-seconds, on 600 units.
        floorSeconds: 1.32,
        admission: { small: anAdmission(210), medium: anAdmission(60), large: anAdmission(30) },
        quotaUse: { held: expect.any(Number), useful: expect.any(Number) },
        cutShort: 0,
        violations: [],
        conservation: { refused: 0, unanswered: 0, lost: 0, disagreements: 0, strangers: 0 },
      },
    });
  });
});
