// The solver's bench and its instances: every answer passes the checker, a warm instance is nine tenths of its cold one. No time is judged.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { InstanceOf } from '../../bench/instances/instance.ts';
import { snapshotOf } from '../../bench/solverRun.ts';
import { formulate, newMemo } from '../../scheduler/index.ts';

const run = promisify(execFile);
/** A dozen seconds of work, on a machine that may be busy with other things. */
const PATIENT_MS = 300_000;
const SCRIPT = join(import.meta.dirname, '../../bench/solver.ts');

const AN_INSTANCE: InstanceOf = {
  seed: 1,
  requests: 200,
  family: 'mixed',
  backlog: 3,
  leasedPercent: 0,
};

describe('an instance', { timeout: PATIENT_MS }, () => {
  it('is the same from the same seed, and another from another', () => {
    expect(snapshotOf(AN_INSTANCE)).toEqual(snapshotOf(AN_INSTANCE));
    expect(snapshotOf({ ...AN_INSTANCE, seed: 2 }).requests).not.toEqual(snapshotOf(AN_INSTANCE).requests);
  });

  it('has a tenth of its requests replaced when it is warm, and nothing else', () => {
    const [cold, warm] = [AN_INSTANCE, { ...AN_INSTANCE, replacedOneIn: 10 }].map(snapshotOf);
    const known = new Set(cold!.requests.map(({ request }) => request.id));
    const fresh = warm!.requests.filter(({ request }) => !known.has(request.id));
    expect(warm!.requests).toHaveLength(200);
    expect(fresh.length).toBeGreaterThanOrEqual(20);
    expect(fresh.length).toBeLessThan(40);
    expect(warm!.configuration).toEqual(cold!.configuration);
  });

  it('has every kind of row that a tick may have', () => {
    const { model } = formulate(snapshotOf({ ...AN_INSTANCE, requests: 500 }), newMemo());
    const families = new Set(model.rowNames.map((name) => name.split('/')[0]));
    expect([...families].sort()).toEqual([
      'account',
      'capacity',
      'cohort',
      'fairness',
      'lends',
      'quota',
      'window',
    ]);
    expect(model.excessCount).toBeGreaterThan(0);
  });

  it('of three classes has a stage each, of one class one', () => {
    const stagesOf = (family: InstanceOf['family']): number =>
      new Set(formulate(snapshotOf({ ...AN_INSTANCE, family }), newMemo()).model.stage).size;
    expect(stagesOf('classes')).toBe(3);
    expect(stagesOf('mixed')).toBe(1);
  });
});

describe('the bench', { timeout: PATIENT_MS }, () => {
  it('measures one class and three, cold and warm, beside the engines alone, and the checker accepts every answer', async () => {
    const options = ['--json', '--requests', '500', '--backlog', '20', '--seeds', '1', '--units', '2000'];
    const { stdout } = await run(process.execPath, [SCRIPT, ...options]);
    const result = JSON.parse(stdout);
    const solved = {
      ms: expect.any(Number),
      value: expect.any(Number),
      gap: expect.any(Number),
      fault: null,
      idle: 0,
    };
    const rival = { seconds: expect.any(Number), value: expect.any(Number), ms: expect.any(Number) };
    const tick = { requests: 500, backlog: 20, leasedPercent: 90, seed: 1, cold: solved, warm: solved };
    expect(result).toMatchObject({
      bench: 'solver',
      clock: 'wall',
      ticks: [
        { ...tick, family: 'mixed', rivals: { highs: [rival, rival], glpk: [rival, rival] } },
        { ...tick, family: 'classes', rivals: {} },
      ],
      bars: {
        refusedByChecker: { value: 0, met: true },
        workConservationViolations: { value: 0, met: true },
        certificateBytes: { rule: 'atMost', limit: 262_144, met: true },
        gapOf2000ColdAt350Ms: { value: null, met: false },
      },
    });
  });

  it('refuses what it cannot measure', async () => {
    await expect(run(process.execPath, [SCRIPT, '--requests', 'many'])).rejects.toThrow('--requests many');
    await expect(run(process.execPath, [SCRIPT, '--backlog', '0'])).rejects.toThrow(
      '--backlog takes numbers',
    );
  });
});
