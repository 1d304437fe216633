// `annona job …`: what is asked for, how it is followed, and the result taken home byte by byte.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { json, problem, type StubServer, stubServer } from '../../../support/stubServer.ts';
import { ran } from '../recording.ts';

let stub: StubServer;
let folder: string;
beforeEach(async () => {
  stub = await stubServer();
  folder = mkdtempSync(join(tmpdir(), 'annona-job-'));
});
afterEach(async () => {
  await stub.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...argv: readonly string[]) => ran(...argv, '--url', stub.url, '--token', 'the-token');
const JOB = { id: 'job_1', kind: 'export', state: 'queued', progress: { done: 0, total: 0 }, error: null };
const askedFor = () => JSON.parse(stub.heard[0]?.body ?? '');

describe('annona job', () => {
  it('asks for each kind with its input, and names the next command', async () => {
    stub.on('POST /v1/jobs', json(202, JOB));
    const asked = await run('job', 'export', 'requests', '--from', '2026-11-01T00:00:00Z');
    expect(asked.exitCode).toBe(0);
    expect(askedFor()).toEqual({
      kind: 'export',
      input: { of: 'requests', from: '2026-11-01T00:00:00Z' },
    });
    expect(asked.err).toContain('annona job get job_1');
    await run('job', 'report', '--by', 'department,kind', '--format', 'csv', '--to', '2026-11-01T00:00:00Z');
    expect(JSON.parse(stub.heard[1]?.body ?? '')).toEqual({
      kind: 'report',
      input: { by: ['department', 'kind'], format: 'csv', to: '2026-11-01T00:00:00Z' },
    });
  });

  it('sends a scenario with the trace that it names, in pieces that a body may hold', async () => {
    stub.on('POST /v1/simulations', json(202, { ...JOB, kind: 'simulation' }));
    const trace = `; ä\n${'1 0 -1 60 1 -1 -1 1 60 -1 1 1 1 -1 -1 -1 -1 -1\n'.repeat(200)}`;
    writeFileSync(join(folder, 'log.swf.gz'), gzipSync(trace));
    const scenario = (text: string) => {
      writeFileSync(join(folder, 'scenario.yaml'), text);
      return run('job', 'simulate', join(folder, 'scenario.yaml'));
    };
    await scenario('workload: { trace: { file: log.swf.gz, limit: 9 } }\nschedulers: [easy]\n');
    const { workload } = askedFor();
    expect(workload.trace.limit).toBe(9);
    expect(workload.trace.text.join('')).toBe(trace);
    expect(workload.trace.text.every((piece: string) => Buffer.byteLength(piece) <= 4096)).toBe(true);
    await scenario('workload: { generate: { meanSecondsBetween: 0.5 } }\n');
    expect(JSON.parse(stub.heard[1]?.body ?? '')).toEqual({
      workload: { generate: { meanMillisecondsBetween: 500 } },
    });
    expect((await scenario('sweep: { gpu: [1, 2] }\n')).err).toContain('one capacity at a time');
    expect((await scenario('workload: [')).exitCode).toBe(2);
    expect((await run('job', 'simulate', join(folder, 'none.yaml'))).exitCode).toBe(2);
  });

  it.each([
    ['succeeded', 0, 'annona job result job_1'],
    ['failed', 1, 'annona job get job_1'],
  ])('waits until a job has %s', async (state, wantExit, wantNext) => {
    stub.on('POST /v1/jobs', json(202, JOB));
    stub.on('GET /v1/jobs/job_1', json(200, { ...JOB, state }));
    const { exitCode, err } = await run('job', 'export', 'events', '--wait');
    expect([exitCode, err.includes(wantNext)]).toEqual([wantExit, true]);
  });

  it('takes a result home as it is', async () => {
    stub.on('GET /v1/jobs/job_1/result', json(200, { id: 'ä' }));
    const file = join(folder, 'result');
    expect((await run('job', 'result', 'job_1', '-o', file)).exitCode).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ id: 'ä' });
    expect((await run('job', 'result', 'job_1')).out).toContain('"ä"');
    stub.on('GET /v1/jobs/job_1/files/a.csv', json(200, { of: 'the file' }));
    expect((await run('job', 'result', 'job_1', '--file', 'a.csv')).out).toContain('the file');
    expect((await run('job', 'result', 'job_1', '-o', join(folder, 'no', 'such'))).exitCode).toBe(1);
  });

  it('lists and cancels, and shows why it was refused', async () => {
    stub.on('GET /v1/jobs', json(200, { items: [JOB], next: null }));
    expect((await run('job', 'list', '--state', 'queued')).out).toContain('job_1');
    expect(stub.heard[0]?.call).toMatch(/state=queued/);
    stub.on('DELETE /v1/jobs/job_1', json(200, { ...JOB, state: 'cancelled' }));
    expect((await run('job', 'cancel', 'job_1')).out).toContain('cancelled');
    stub.on('GET /v1/jobs/job_2', problem(404, 'NOT_FOUND', 'there is no such job'));
    const { exitCode, err } = await run('job', 'get', 'job_2');
    expect([exitCode, err.includes('there is no such job')]).toEqual([1, true]);
  });
});
