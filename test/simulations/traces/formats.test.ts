// The readers of job traces: what becomes a job, what is left out and counted, and where they say that a file is wrong.
import { describe, expect, it } from 'vitest';
import { readTrace, TraceError, type TraceFormat } from '../../../simulations/index.ts';
import { gavelThroughputs } from '../../../simulations/traces/gavel.ts';
import { lines } from '../jobs.ts';

const read = (text: readonly string[], format?: TraceFormat) =>
  readTrace({ name: 'f', lines: lines(...text), ...(format && { format }) });

describe('the Standard Workload Format', () => {
  const JOB = '1 100 -1 50 4 -1 -1 8 600 -1 1 7 3 -1 -1 -1 -1 -1';

  it('takes requested processors and time before what was used, and the time from the first submit', async () => {
    const trace = await read(['; MaxProcs: 128', JOB, '2 130 -1 700 4 -1 -1 -1 600 -1 1 7 3 -1 -1 -1 -1 -1']);
    expect(trace.capacity?.pools).toEqual([{ id: 'cpu', kind: 'cpu', capacity: 128 }]);
    expect(trace.jobs).toMatchObject([
      { name: '1', submitMs: 0, runMs: 50_000, estimateMs: 600_000, claims: [{ kind: 'cpu', quantity: 8 }] },
      {
        submitMs: 30_000,
        estimateMs: 700_000,
        claims: [{ quantity: 4 }],
        department: 'group-3',
        agent: 'user-7',
      },
    ]);
  });

  it('counts jobs that did not run or asked for nothing', async () => {
    const none = '1 0 -1 50 -1 -1 -1 -1 -1 -1 1 1 1 -1 -1 -1 -1 -1';
    const { jobs, dropped } = await read([JOB, JOB.replace(' 50 ', ' 0 '), none]);
    expect(jobs).toHaveLength(1);
    expect([...dropped]).toEqual([
      ['ran no second', 1],
      ['asks for no processor', 1],
    ]);
  });

  it.each([
    ['1 2 3', 'f:2: 3 fields where a job has 18'],
    [JOB.replace('100', 'soon'), 'f:2: field 2 is no number'],
  ])('refuses %j with its line', async (text, wantMessage) => {
    await expect(read([JOB, text])).rejects.toThrow(new TraceError(wantMessage));
  });
});

describe('the Philly table', () => {
  const HEAD = 'timestamp,duration,num_gpus,gpu_time,cluster';

  it('is ordered by time, a department a cluster', async () => {
    const { jobs, dropped } = await read([
      HEAD,
      '2017-10-02 00:01:00,30.5,4,1,b',
      '2017-10-02 00:00:00,60,1,1,a',
      '2017-10-02 00:00:00,60,0,1,a',
    ]);
    expect(jobs).toMatchObject([
      { submitMs: 0, runMs: 60_000, department: 'a' },
      { submitMs: 60_000, runMs: 30_500, department: 'b', claims: [{ kind: 'gpu', quantity: 4 }] },
    ]);
    expect([...dropped]).toEqual([['asks for no GPU', 1]]);
  });

  it.each([
    ['yesterday,1,1,1,a', 'f:2: timestamp is no "year-month-day hour:minute:second"'],
    ['2017-10-02 00:01:00,,1,1,a', 'f:2: duration is no number'],
    ['2017-10-02 00:01:00,1,one,1,a', 'f:2: num_gpus is no whole number'],
  ])('refuses %j with its line', async (text, wantMessage) => {
    await expect(read([HEAD, text])).rejects.toThrow(new TraceError(wantMessage));
  });
});

describe('a stream of Gavel', () => {
  const throughputs = gavelThroughputs(
    { v100: { "('LM', 1)": { null: 10 }, "('LM', 4)": { null: 20 } }, k80: {} },
    'v100',
    't.json',
  );
  const stream = (...text: readonly string[]) => readTrace({ name: 'f', lines: lines(...text), throughputs });

  it('becomes times by the throughput of its type and GPUs, in both of its layouts', async () => {
    const { jobs, dropped } = await stream(
      'LM\tcommand\t-n\t1\t100\t5.5\t1',
      'LM\tcommand\tdir\t-n\t1\t100\t4\t1\t-1.0\t9',
      'GAN\tcommand\t-n\t1\t100\t5.5\t1',
    );
    expect(jobs).toMatchObject([
      { submitMs: 0, runMs: 10_000, claims: [{ kind: 'gpu', quantity: 1 }] },
      { submitMs: 3500, runMs: 5000, claims: [{ kind: 'gpu', quantity: 4 }] },
    ]);
    expect([...dropped]).toEqual([['no throughput is known of its type', 1]]);
  });

  it('is refused with its line, and without throughputs', async () => {
    await expect(stream('LM\tcommand')).rejects.toThrow('f:1: of none of the formats');
    await expect(stream('LM\tcommand\t-n\t1\tmany\t5.5\t1')).rejects.toThrow(
      'f:1: steps, GPUs and arrival must be numbers',
    );
    await expect(read(['LM\tcommand\t-n\t1\t100\t5.5\t1'])).rejects.toThrow('name the file of throughputs');
    expect(() => gavelThroughputs({ k80: {} }, 'v100', 't.json')).toThrow(
      't.json: no GPU model v100; found k80',
    );
  });
});

describe('what annona record wrote', () => {
  const row = {
    department: 'research',
    agent: 'r-1',
    class: 'batch',
    durationSeconds: 60,
    quantities: { gpu: 2, cpu: 0 },
    models: ['*'],
  };
  const record = (...ids: readonly string[]) => ({
    v: 1,
    policyRevision: 'p',
    data: { classes: { urgent: {}, batch: {} } },
    requests: ids.map((id) => ({ id, row })),
  });

  it('has its times in the ids of its requests', async () => {
    const text = JSON.stringify(
      record(
        'req_00000000100000000000000000',
        'req_00000000200000000000000000',
        'req_00000000000000000000000000',
      ),
      null,
      1,
    );
    const { jobs, format } = await read(text.split('\n'));
    expect(format).toBe('annona');
    expect(jobs.map(({ submitMs }) => submitMs)).toEqual([0, 32, 64]);
    expect(jobs[0]).toMatchObject({
      claims: [{ kind: 'gpu', quantity: 2 }],
      rank: 1,
      models: [],
      runMs: 60_000,
    });
  });

  it('is refused with line and column, or the path of what is missing', async () => {
    await expect(read(['{', '  "v": 1,', '  oops'])).rejects.toThrow('f:3:3: not JSON');
    await expect(read(['{"v": 2}'])).rejects.toThrow('f: record: want version 1');
    await expect(read([JSON.stringify(record('nobody'))])).rejects.toThrow('requests[0]: nobody is no id');
  });
});

it('pods of openb get departments by a hash of their names, and sit on machines', async () => {
  const { jobs, format } = await read([
    'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,creation_time,deletion_time',
    'pod-1,1000,64,1,250,T4|V100,20,30',
    'pod-2,1000,64,0,0,,10,15',
  ]);
  expect(format).toBe('openb');
  expect(jobs.map(({ name, submitMs, models, claims }) => [name, submitMs, models, claims.length])).toEqual([
    ['pod-2', 0, [], 2],
    ['pod-1', 10_000, ['T4', 'V100'], 3],
  ]);
  expect(jobs.every(({ department }) => /^department-(0[1-9]|1[0-2])$/.test(department))).toBe(true);
});

it('a file of no known format is refused with the formats', async () => {
  await expect(read(['hello'])).rejects.toThrow(
    'f:1: of none of the formats swf, openb, philly, gavel, annona; state which it is',
  );
});
