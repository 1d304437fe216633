// `annona replay-trace`: a tiny trace from its files to the summary, and files that are wrong.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { annona } from './commandProcess.ts';
import { ran } from './recording.ts';

const NODES_HEAD = 'sn,cpu_milli,memory_mib,gpu,model';
const PODS_HEAD =
  'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time';

const { TMPDIR } = process.env;
let home = '';
// Replays make their data directories in a folder of ours, so that what is left of them can be seen.
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'annona-trace-'));
  process.env.TMPDIR = home;
});
afterAll(() => {
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  rmSync(home, { recursive: true, force: true });
});

function written(name: string, ...lines: readonly string[]): string {
  const file = join(home, name);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/** Five nodes with 12 GPUs of two models, and 30 pods: one too large for any node, two of a model that must wait for room. */
function tinyTrace(): { nodes: string; pods: string } {
  const nodes = [1, 2, 3]
    .map((n) => `t4-${n},64000,262144,2,T4`)
    .concat([1, 2].map((n) => `v100-${n},96000,524288,3,V100M32`));
  const pods = Array.from({ length: 30 }, (_, n) => {
    const gpus = n === 7 ? 6 : n % 3;
    const milli = gpus === 1 ? 500 : gpus * 1000;
    const spec = n % 5 === 0 ? 'T4' : '';
    return `pod-${n},${1000 * (1 + (n % 8))},2048,${gpus},${gpus === 0 ? 0 : milli},${spec},LS,Running,${n * 10},${n * 10 + 200},${n * 10}`;
  });
  return { nodes: written('nodes.csv', NODES_HEAD, ...nodes), pods: written('pods.csv', PODS_HEAD, ...pods) };
}

const replay = (nodes: string, pods: string, ...more: readonly string[]) =>
  ran('replay-trace', '--format', 'openb', '--nodes', nodes, '--pods', pods, ...more);

describe('annona replay-trace', () => {
  it.each(['models', 'nodes'])(
    'plays a trace placed on %s, accounts for every pod, and leaves nothing behind',
    async (placement) => {
      const { nodes, pods } = tinyTrace();
      const how = ['--placement', placement, '--speed', '500', '--agents', '5', '--json'];
      const { exitCode, out, err } = await replay(nodes, pods, ...how);
      expect(exitCode).toBe(0);
      expect(err).toContain('left out 1 lines: no node of any allowed model could hold it');
      expect(err).toContain('29 pods over 2 GPU models, 5 agents, 500 trace seconds a second');
      const summary = JSON.parse(out);
      expect(summary).toMatchObject({
        submitted: 29,
        granted: 29,
        denied: 0,
        neverFitting: 0,
        unplaced: 0,
        agents: 5,
      });
      expect(summary.gpuAllocation.peak).toBeGreaterThan(0.2);
      expect(summary.gpuAllocation.peak).toBeLessThanOrEqual(1);
      expect(summary.gpuAllocation.mean).toBeLessThanOrEqual(summary.gpuAllocation.peak);
      expect(summary.ticks).toBeGreaterThan(0);
      expect(summary.largestGap).toBeGreaterThanOrEqual(0);
      expect(summary.largestGap).toBeLessThan(0.5);
      expect(leftovers()).toEqual([]);
    },
    90_000,
  );

  it('ends without figures on Ctrl-C, and leaves nothing behind', async () => {
    const { nodes, pods } = tinyTrace();
    const files = ['--nodes', nodes, '--pods', pods];
    const command = annona(
      'replay-trace',
      '--format',
      'openb',
      ...files,
      '--speed',
      '1',
      '--agents',
      '3',
      '--json',
    );
    try {
      await command.says('PostgreSQL started');
      await command.says('trace seconds a second');
      command.interrupt();
      expect(await command.ended).toBe(130);
      expect(command.out()).toBe('');
      expect(command.err()).toContain('annona: interrupted');
      expect(leftovers()).toEqual([]);
    } finally {
      command.end();
    }
  }, 90_000);

  it('prints the summary as lines for people', async () => {
    const { nodes, pods } = tinyTrace();
    const { exitCode, out } = await replay(nodes, pods, '--speed', '5000', '--agents', '2', '--limit', '3');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^submitted +3$/m);
    expect(out).toMatch(/^wait +p50 \d+\.\d{3} s, p99 \d+\.\d{3} s$/m);
    expect(out).toMatch(/^GPU allocation +mean [\d.]+ %, peak [\d.]+ %$/m);
  }, 90_000);

  it.each([
    [
      'a missing column',
      'sn,cpu_milli,gpu,model',
      'n-1,1,1,T4',
      /nodes-bad\.csv:1: no column memory_mib; found sn, cpu_milli, gpu, model/,
    ],
    [
      'a line that is cut short',
      NODES_HEAD,
      'n-1,64000',
      /nodes-bad\.csv:2: 2 fields where the header has 5/,
    ],
    [
      'a size that is no number',
      NODES_HEAD,
      'n-1,many,1,1,T4',
      /nodes-bad\.csv:2: cpu, memory and gpu must be whole numbers/,
    ],
  ])('names the file and line of %s', async (_what, head, line, wantLine) => {
    const { pods } = tinyTrace();
    const { exitCode, out, err } = await replay(written('nodes-bad.csv', head, line), pods);
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toMatch(wantLine);
    expect(err.split('\n')).toHaveLength(1);
  });

  it.each([
    [['--speed', '0'], '--speed 0 is not a positive number'],
    [['--speed', 'fast'], '--speed fast is not a positive number'],
    [['--agents', '1.5'], '--agents 1.5 is not a whole number above 0'],
    [['--limit', '-1'], '--limit -1 is not a whole number above 0'],
  ])('%j is a mistake', async (options, wantLine) => {
    const { nodes, pods } = tinyTrace();
    const { exitCode, err } = await replay(nodes, pods, ...options);
    expect(exitCode).toBe(2);
    expect(err).toContain(wantLine);
  });

  it('says where the traces come from when a file is not there or is a folder', async () => {
    const { nodes } = tinyTrace();
    for (const pods of [join(home, 'none.csv'), home]) {
      const { exitCode, err } = await replay(nodes, pods);
      expect(exitCode).toBe(2);
      expect(err).toMatch(/(ENOENT|EISDIR).*docs\/data\.md says where/);
    }
  });

  it('knows its formats, and a trace without a pod', async () => {
    const { nodes } = tinyTrace();
    const other = await ran('replay-trace', '--format', 'swf', '--nodes', nodes, '--pods', nodes);
    expect([other.exitCode, other.err]).toEqual([2, 'annona: --format swf is not known (allowed: openb)']);
    const none = await replay(nodes, written('none.csv', PODS_HEAD));
    expect([none.exitCode, none.err]).toEqual([2, `annona: ${join(home, 'none.csv')} has no pod to replay`]);
  });
});

/** Data directories of replays. */
function leftovers(): string[] {
  return readdirSync(home).filter((name) => name.startsWith('annona-replay-'));
}
