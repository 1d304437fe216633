// `annona simulate` from a file to its answers: in one thread and in two, with a report, and with words that are wrong.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runAll } from '../../../../api/cli/simulate/runs.ts';
import { loadWorkload } from '../../../../api/cli/simulate/workload.ts';
import { comparisonOf } from '../../../../simulations/index.ts';
import { ran } from '../recording.ts';

let home = '';
let trace = '';
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'annona-simulate-'));
  const jobs = Array.from({ length: 50 }, (_, i) => {
    const run = 200 + ((i * 37) % 900);
    return `${i + 1} ${i * 60} -1 ${run} ${1 + (i % 5)} -1 -1 ${1 + (i % 5)} ${run + 300} -1 1 ${i % 3} 1 -1 -1 -1 -1 -1`;
  });
  trace = join(home, 'log.swf.gz');
  writeFileSync(
    trace,
    gzipSync(`; MaxProcs: 8\n${jobs.join('\n')}\n51 9 -1 0 1 -1 -1 1 1 -1 1 1 1 -1 -1 -1 -1 -1\n`),
  );
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const simulate = (...more: readonly string[]) => ran('simulate', '--trace', trace, ...more);

describe('annona simulate', () => {
  it('compares schedulers, the same bytes from one thread and from two', async () => {
    const how = ['--scheduler', 'annona,easy,fcfs', '--json'];
    const [one, two] = [await simulate(...how), await simulate(...how, '--jobs', '2')];
    expect(one.exitCode).toBe(0);
    expect(two.out).toBe(one.out);
    const { runs, jobs, dropped, complete, capacity } = JSON.parse(one.out);
    expect({ jobs, dropped, complete, capacity }).toEqual({
      jobs: 50,
      dropped: { 'ran no second': 1 },
      complete: true,
      capacity: { cpu: 8 },
    });
    expect(runs.map(({ scheduler, finished, end }: never) => [scheduler, finished, end])).toEqual([
      ['annona', 50, 'drained'],
      ['easy', 50, 'drained'],
      ['fcfs', 50, 'drained'],
    ]);
    for (const name of [
      'waitMeanSeconds',
      'waitP50Seconds',
      'waitP95Seconds',
      'waitP99Seconds',
      'waitMaxSeconds',
    ])
      expect(typeof runs[0][name]).toBe('number');
    expect(one.err).toContain('left out 1 jobs: ran no second');
  });

  it('repeats with seeds, and writes a page and a table', async () => {
    const [page, table] = [join(home, 'r.html'), join(home, 'r.csv')];
    const how = ['--scheduler', 'easy,sjf', '--repeat', '3', '--seed', '5', '--report', page, '--csv', table];
    const { exitCode, out } = await simulate(...how);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/easy .*±/);
    expect(readFileSync(page, 'utf8')).toContain('--seed 5 --repeat 3');
    const lines = readFileSync(table, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(7);
    expect(lines[1]).toMatch(/^easy,5,drained,50,50,/);
  });

  it('shows the page with the program that opens files, or says where it is', async () => {
    const path = process.env.PATH;
    const [bin, page, opened] = ['bin', 'shown.html', 'opened'].map((name) => join(home, name));
    mkdirSync(bin!);
    for (const name of ['xdg-open', 'open'])
      writeFileSync(join(bin!, name), `#!/bin/sh\necho "$1" > ${opened}\n`, { mode: 0o755 });
    const how = ['--scheduler', 'fcfs', '--report', page!, '--open'];
    try {
      process.env.PATH = `${bin}:${path}`;
      expect((await simulate(...how)).err).toContain(`wrote ${page}`);
      await expect.poll(() => existsSync(opened!) && readFileSync(opened!, 'utf8')).toBe(`file://${page}\n`);
      process.env.PATH = join(home, 'nowhere');
      expect((await simulate(...how)).err).toContain(`open file://${page} in a browser`);
    } finally {
      process.env.PATH = path;
    }
  });

  it('takes another capacity, and says who could never fit', async () => {
    const { out, exitCode } = await simulate('--scheduler', 'fcfs', '--capacity', 'cpu=4');
    expect(exitCode).toBe(0);
    expect(out).toContain('10 dropped: larger than the capacity');
  });

  it('takes nodes, for those that can put a job on several', async () => {
    const { out, exitCode } = await simulate('--scheduler', 'fcfs', '--capacity', 'cpu=3x2', '--json');
    expect([exitCode, JSON.parse(out).capacity]).toEqual([0, { cpu: 6 }]);
  });

  it.each([
    [['--capacity', 'cpu=3x2'], 'annona puts no job on several nodes'],
    [['--capacity', 'cpu=3x2,gpu=1', '--scheduler', 'fcfs'], 'nodes that a job may take several of'],
    [['--scheduler', 'easy,best'], '--scheduler best is not known'],
    [['--format', 'xml'], '--format xml is not known (allowed: swf, openb, philly, gavel, annona)'],
    [['--capacity', 'cpu=lots'], '--capacity cpu=lots: want kind=units'],
    [['--jobs', '0'], '--jobs 0 is not a whole number above 0'],
    [['--department', 'nobody'], 'has no job to simulate'],
  ])('refuses %j', async (words, wantMessage) => {
    const { exitCode, err } = await simulate(...words);
    expect(exitCode).toBe(2);
    expect(err).toContain(wantMessage);
  });

  it('that is stopped keeps what was seen by then, says so, and begins nothing more', async () => {
    const mix = [{ weight: 1, claims: { gpu: 1 }, runSeconds: { least: 60, most: 600 } }];
    const generate = { requests: 20_000, agents: 9, departments: 3, meanSecondsBetween: 20, mix };
    const pools = [{ id: 'gpu', kind: 'gpu', capacity: 24 }];
    const spec = { trace: 'scenario', gpuModel: 'v100', generate, pools };
    const workload = await loadWorkload(spec);
    const tasks = (['fcfs', 'easy'] as const).map((scheduler) => ({ scheduler, seed: 1 }));
    const stop = new AbortController();
    const how = { threads: 1, signal: stop.signal, progress: () => stop.abort() };
    const results = await runAll({ spec, workload, tasks, ...how });
    expect(results.map(({ scheduler, metrics }) => [scheduler, metrics.end])).toEqual([['fcfs', 'stopped']]);
    expect(results[0]!.metrics.finished).toBeGreaterThan(0);
    expect(results[0]!.metrics.jobs).toBeLessThan(20_000);
    const { capacity, format, dropped, count: jobs } = workload;
    const about = { trace: 'scenario', format, jobs, dropped, capacity };
    expect(comparisonOf({ ...about, results, planned: tasks.length }).complete).toBe(false);
  });

  it('tells a packed file that was cut off from one that is none', async () => {
    const cut = join(home, 'cut.swf.gz');
    writeFileSync(cut, readFileSync(trace).subarray(0, 200));
    const { exitCode, err } = await ran('simulate', '--trace', cut);
    expect([exitCode, err]).toEqual([2, expect.stringContaining('is cut off or damaged')]);
    const mixed = join(home, 'mixed.swf');
    writeFileSync(mixed, '1 0 -1 60 1 -1 -1 1 60 -1 1 1 1 -1 -1 -1 -1 -1\ntimestamp,duration,num_gpus\n');
    expect((await ran('simulate', '--trace', mixed)).err).toContain(
      `${mixed}:2: 1 fields where a job has 18`,
    );
  });

  it('names file and line of what it cannot read', async () => {
    const broken = join(home, 'broken.swf');
    writeFileSync(broken, '; MaxProcs: 8\n1 2 3\n');
    const { exitCode, err } = await ran('simulate', '--trace', broken, '--format', 'swf');
    expect(exitCode).toBe(2);
    expect(err).toContain(`${broken}:2: 3 fields where a job has 18`);
    expect((await ran('simulate', '--trace', join(home, 'none'))).err).toContain('docs/data.md');
  });
});
