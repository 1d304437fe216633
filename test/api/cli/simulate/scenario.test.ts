// Scenario files: what they run, what a sweep comes to, and everything that is wrong with one told at its place. And `annona plan`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ran } from '../recording.ts';

let home = '';
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'annona-scenario-'));
  const jobs = Array.from(
    { length: 40 },
    (_, i) => `${i + 1} ${i * 60} -1 600 2 -1 -1 2 900 -1 1 1 1 -1 -1 -1 -1 -1`,
  );
  writeFileSync(join(home, 'log.swf'), `${jobs.join('\n')}\n`);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function written(text: string): string {
  const file = join(home, 'scenario.yaml');
  writeFileSync(file, text);
  return file;
}

const GENERATED = `workload:
  generate:
    requests: 40
    agents: 20
    departments: 3
    meanSecondsBetween: 20
    mix:
      - { weight: 3, claims: { gpu: 1 }, runSeconds: { least: 60, most: 600 } }
      - { weight: 1, claims: { gpu: 4 }, runSeconds: { least: 60, most: 600 }, rank: 1 }
pools:
  - { id: main, kind: gpu, capacity: 24, priceMinor: 100 }
quotas:
  - { department: department-01, kind: gpu, most: 8 }
schedulers: [priority, annona]
`;

describe('a scenario', () => {
  it('runs generated requests with its seeds over its sweep, the same each time', async () => {
    const file = written(`${GENERATED}seeds: [1, 2]\nsweep: { main: [16, 32] }\n`);
    const [first, again] = [
      await ran('simulate', file, '--json'),
      await ran('simulate', file, '--json', '--jobs', '2'),
    ];
    expect(first.exitCode).toBe(0);
    expect(again.out).toBe(first.out);
    const { points } = JSON.parse(first.out);
    expect(points.map(({ capacity }: never) => capacity)).toEqual([{ main: 16 }, { main: 32 }]);
    const runs = points.flatMap(
      (point: { runs: readonly { scheduler: string; seed: number; finished: number }[] }) => point.runs,
    );
    expect(runs).toHaveLength(8);
    expect(runs.every(({ finished }: { finished: number }) => finished === 40)).toBe(true);
    expect(points[0].runs[0].waitMeanSeconds).toBeGreaterThan(points[1].runs[0].waitMeanSeconds);
  });

  it('takes a trace beside it, as it is, until its horizon', async () => {
    const file = written(
      'workload: { trace: { file: log.swf, limit: 30 } }\npools: [{ id: cpu, kind: cpu, capacity: 6 }]\nschedulers: [fcfs]\nhorizonSeconds: 1200\n',
    );
    const { out } = await ran('simulate', file, '--json');
    const [run] = JSON.parse(out).runs;
    expect(run).toMatchObject({
      seed: null,
      end: 'horizon',
      makespanSeconds: 1200,
      utilisation: expect.any(Number),
    });
    expect(run.finished).toBeLessThan(30);
  });

  it('tells all that is wrong, with line and column', async () => {
    const bad = GENERATED.replace('least: 60, most: 600 } }', 'least: 60, most: 6 } }')
      .replace('claims: { gpu: 4 }', 'claims: { tpu: 4 }')
      .concat('sweep: { side: [1] }\n');
    const file = written(bad);
    const { exitCode, err } = await ran('simulate', file);
    expect(exitCode).toBe(2);
    expect(err).toContain(`${file}:8:54: least is more than most`);
    expect(err).toContain(`${file}:9:32: no pool is of kind tpu`);
    expect(err).toContain('no pool side (pools: main)');
    const unknown = await ran('simulate', written(GENERATED.replace('agents', 'agent')));
    expect(unknown.err).toContain(':4:5: unknown key "agent" (did you mean "agents"?)');
  });

  it('refuses a sweep that explodes, with its count, and one beside a trace', async () => {
    const many = Array.from({ length: 300 }, (_, i) => i + 8).join(', ');
    const exploding = await ran('simulate', written(`${GENERATED}sweep: { main: [${many}] }\n`));
    expect(exploding.err).toContain('300 points, 2 schedulers and 1 seeds are 600 runs, more than 500');
    expect((await ran('simulate')).err).toContain('say a scenario, --trace or --history');
  });
});

describe('annona plan', () => {
  const plan = (...more: readonly string[]) =>
    ran('plan', '--trace', join(home, 'log.swf'), '--capacity', '10', ...more);

  it('finds the processors that are enough, and what other demands would need', async () => {
    const { exitCode, out } = await plan('--target', 'p95-wait=1m', '--growth', '20%', '--json');
    expect(exitCode).toBe(0);
    const { recommended, frontier, sensitivity, months, bottleneck } = JSON.parse(out);
    // Ten at a time of two processors each come to twenty; a minute's grace lets nobody off.
    expect(recommended).toMatchObject({ units: { cpu: 20 }, isMet: true });
    expect(bottleneck).toMatchObject({ pool: 'cpu', by: 'use' });
    expect(frontier.length).toBeGreaterThan(0);
    expect(sensitivity[0].recommended.units.cpu).toBeLessThan(sensitivity[1].recommended.units.cpu);
    expect(months.at(-1).isMet).toBe(false);
    expect((await plan('--target', 'p95-wait=1m')).out).toContain('enough: cpu 20, p95-wait');
  });

  it('says when nothing is enough, and refuses what it cannot read', async () => {
    expect((await plan('--target', 'p95-wait=1s', '--most', '4')).exitCode).toBe(4);
    expect((await plan('--target', 'wait=1s')).err).toContain('--target wait=1s: want one of mean-wait');
    expect((await plan('--target', 'p95-wait=1s', '--growth', '3')).err).toContain(
      "want a month's growth, as in 3%",
    );
    expect((await ran('plan', '--target', 'p95-wait=1s')).err).toContain('--trace is missing');
  });
});
