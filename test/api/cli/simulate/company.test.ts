// A scenario with an organisation: its accounts and classes count, what it overrides and sweeps holds, and names that are nothing are told where
// they stand. Requests that were made, decided again under other policies. And the worked scenario of examples/.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScenarioFile } from '../../../../api/cli/simulate/scenarioSchema.ts';
import { ran } from '../recording.ts';

const ROOT = join(import.meta.dirname, '../../../..');
let home = '';
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'annona-company-'));
  mkdirSync(join(home, 'lab'));
  writeFileSync(join(home, 'lab/organisation.yaml'), LAB);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const LAB = `organisation: lab
cell: main
classes:
  - { name: standard, rank: 0, targetWaitSeconds: 60, maxDurationSeconds: 86400 }
leaseTerms: { startLimitSeconds: 120, heartbeatTimeoutSeconds: 60, graceSeconds: 0 }
skills: [sql]
departments:
  - id: research
    title: Research
    clearanceCeiling: internal
    classes: [standard]
    agents: [{ name: ada, count: 2, skills: [sql], clearance: internal, accounts: [team] }]
  - id: sales
    title: Sales
    clearanceCeiling: internal
    classes: [standard]
    agents: [{ name: sam, skills: [sql], clearance: internal, accounts: [] }]
pools:
  - { id: gpu-a, kind: gpu, unit: GPU, capacity: 8, priceMinor: 100 }
accounts:
  - { id: lab, title: Lab, measure: { type: money, currency: EUR }, monthly: 100000 }
  - { id: team, title: Team, parent: lab, monthly: 1000 }
`;

const SCENARIO = `organisation: { path: lab }
workload:
  generate:
    requests: 24
    meanSecondsBetween: 30
    mix:
      - { weight: 1, claims: { gpu: 2 }, runSeconds: { least: 1800, most: 3600 }, class: standard, departments: [research] }
      - { weight: 1, claims: { gpu: 2 }, runSeconds: { least: 600, most: 1200 }, departments: [sales] }
schedulers: [annona, priority]
horizonSeconds: 43200
`;

function written(text: string, name = 'scenario.yaml'): string {
  const file = join(home, name);
  writeFileSync(file, text);
  return file;
}

describe('a scenario with an organisation', () => {
  it('keeps to its accounts, and says who waits for money, from when on, and when it runs out', async () => {
    const { out, exitCode, err } = await ran('simulate', written(SCENARIO), '--json');
    expect({ exitCode, err: err.match(/cannot|unknown/) }).toEqual({ exitCode: 0, err: null });
    const [annona, priority] = JSON.parse(out).runs;
    expect(annona).toMatchObject({ policies: 'shipped', end: 'horizon', deniedByRule: {} });
    const { 'team/2026-01': team, 'lab/2026-01': lab } = annona.accounts;
    expect(team).toMatchObject({
      unit: 'EUR',
      parent: 'lab',
      budget: 1000,
      exhaustedSeconds: expect.any(Number),
    });
    expect(team.spent).toBeLessThanOrEqual(1000);
    expect(new Date(team.runsOutAt).getTime()).toBeLessThan(Date.UTC(2026, 1, 1));
    expect(lab).toMatchObject({ spent: team.spent, exhaustedSeconds: null, runsOutAt: null });
    // Nobody else's money is counted; who knows no accounts serves all of them.
    expect(annona.departments.sales.waitMaxSeconds).toBeLessThan(annona.starvationAgeSeconds);
    expect(annona.unfinished).toBeGreaterThan(0);
    expect(priority).toMatchObject({ finished: 24, unfinished: 0 });
  });

  it('takes what is otherwise, sweeps any number, and extends another file, the same from two threads', async () => {
    written(SCENARIO, 'base.yaml');
    const file = written(
      `extends: base.yaml
organisation: { overrides: { accounts: { team: { budget: 1000000 } }, pools: { gpu-a: { capacity: 4 } } } }
schedulers: [annona]
sweep: { organisation/overrides/pools/gpu-a/capacity: [4, 16], workload/generate/requests: [10] }
`,
    );
    const [one, two] = [
      await ran('simulate', file, '--json'),
      await ran('simulate', file, '--json', '--jobs', '2'),
    ];
    expect(two.out).toBe(one.out);
    const { points } = JSON.parse(one.out);
    expect(points.map(({ point }: never) => Object.values(point))).toEqual([
      [4, 10],
      [16, 10],
    ]);
    const [[narrow], [wide]] = points.map(({ runs }: never) => runs);
    expect(narrow).toMatchObject({ finished: 10, end: 'drained' });
    expect(narrow.waitMeanSeconds).toBeGreaterThan(wide.waitMeanSeconds);
    expect(narrow.accounts['team/2026-01'].exhaustedSeconds).toBeNull();
  });

  it.each([
    ['departments: [sales]', 'departments: [sails]', 'no department sails (allowed: research, sales)', 8],
    ['class: standard', 'class: gold', 'no class gold (allowed: standard)', 7],
    [
      '{ gpu: 2 }, runSeconds: { least: 600',
      '{ tpu: 2 }, runSeconds: { least: 600',
      'no pool is of kind tpu (allowed: gpu',
      8,
    ],
    [
      'schedulers:',
      'calendars: { gpu-b: { steps: [{ atSeconds: 0, capacity: 1 }] } }\nschedulers:',
      'no pool gpu-b',
      9,
    ],
    [
      'schedulers:',
      'calendars: { gpu-a: { steps: [{ atSeconds: 0, capacity: 9 }] } }\nschedulers:',
      '9 is more than the 8 units of gpu-a',
      9,
    ],
    [
      'schedulers:',
      'faults: { outages: [{ pool: gpu-a, atSeconds: -1, seconds: 5 }] }\nschedulers:',
      '"atSeconds" is -1; at least 0',
      9,
    ],
    [
      'schedulers:',
      'faults: { random: [{ pools: [gpu-c], meanSecondsBetween: 9, seconds: { least: 9, most: 1 } }] }\nschedulers:',
      'least is more than most',
      9,
    ],
    [
      'path: lab',
      'path: lab, overrides: { accounts: { teem: { budget: 1 } } }',
      'the organisation has no teem in accounts (allowed: lab, team)',
      1,
    ],
    [
      'schedulers:',
      'quotas: [{ department: sales, kind: gpu, most: 1 }]\nschedulers:',
      'the organisation has its own',
      9,
    ],
    [
      'schedulers:',
      'sweep: { workload/generate/mix: [1] }\nschedulers:',
      'workload/generate/mix leads to no number or word',
      9,
    ],
    [
      'schedulers:',
      'pools: [{ id: x, kind: gpu, capacity: 0 }]\nschedulers:',
      'say either pools or an organisation',
      1,
    ],
  ])('refuses %j as %j', async (part, by, wantMessage, line) => {
    const file = written(SCENARIO.replace(part, by));
    const { exitCode, err } = await ran('simulate', file);
    expect(exitCode).toBe(2);
    expect(err).toContain(wantMessage);
    expect(err).toContain(`${file}:${line}:`);
  });

  it('refuses a circle of files, a faulty organisation, and policies that are none', async () => {
    written('extends: b.yaml\n', 'a.yaml');
    const circle = await ran('simulate', written('extends: a.yaml\n', 'b.yaml'));
    expect(circle.err).toContain('a.yaml:1:10: scenarios that extend each other in a circle');
    mkdirSync(join(home, 'bad'), { recursive: true });
    writeFileSync(join(home, 'bad/organisation.yaml'), LAB.replace('parent: lab', 'parent: labb'));
    const faulty = await ran('simulate', written(SCENARIO.replace('path: lab', 'path: bad')));
    expect(faulty.err).toMatch(/bad\/organisation\.yaml:22:\d+: unknown .*labb/);
    const missing = await ran('simulate', written(`${SCENARIO}policies: [nowhere]\n`));
    expect([missing.exitCode, missing.err]).toEqual([2, expect.stringContaining('nowhere')]);
  });
});

it('docs/scenario.schema.json is the schema; npm run contract writes it anew', () => {
  const published = JSON.parse(readFileSync(join(ROOT, 'docs/scenario.schema.json'), 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(ScenarioFile)));
});

describe('requests that were made', () => {
  const base32 = '0123456789abcdefghjkmnpqrstvwxyz';
  const idAt = (ms: number, number: number): string => {
    let [left, time] = [ms, ''];
    for (let i = 0; i < 10; i++, left = Math.floor(left / 32)) time = base32[left % 32] + time;
    return `req_${time}${String(number).padStart(16, '0')}`;
  };
  const nine = Date.UTC(2026, 10, 23, 9);
  const row = {
    roles: ['agent'],
    skills: [],
    clearance: 1,
    classification: 1,
    purpose: 'x',
    models: ['*'],
    datasets: [],
  };
  const requests = Array.from({ length: 9 }, (_, i) => {
    const [department, agent] = i % 3 === 0 ? ['sales', 'sales-lead'] : ['engineering', 'engineering-lead'];
    const asked = { class: 'standard', durationSeconds: 600, preemptible: false, quantities: { gpu: 8 } };
    const when = { costMinor: 100, hour: 9, weekday: 0 };
    return { id: idAt(nine + i * 60_000, i), row: { department, agent, ...row, ...asked, ...when } };
  });

  it('fare under other policies as their rules say, by department and rule', async () => {
    const record = written(JSON.stringify({ v: 1, policyRevision: 'p', data: {}, requests }), 'record.json');
    const acme = join(ROOT, 'examples/acme');
    const page = join(home, 'what-if.html');
    const policies = ['--policies', `shipped,${join(acme, 'policies')}`, '--report', page];
    const how = ['simulate', '--history', record, '--organisation', acme, ...policies];
    const { out, exitCode } = await ran(...how, '--json');
    expect(exitCode).toBe(0);
    const [impact] = JSON.parse(out).policies;
    expect(impact.all).toMatchObject({ requests: 9, lost: 3, granted: 0, same: 6 });
    expect(impact.departments.engineering).toMatchObject({ requests: 6, same: 6 });
    expect(impact.rules).toEqual([
      {
        department: 'sales',
        impact: 'lost',
        rules: ['+SALES_MUST_YIELD'],
        requests: 3,
        example: requests[0]!.id,
      },
    ]);
    expect(readFileSync(page, 'utf8')).toContain('+SALES_MUST_YIELD');
    expect((await ran('simulate', '--history', record)).err).toContain('does not hold the organisation');
  });

  it('of a history run as long as they ran, under the organisation in the file', async () => {
    const { aConfiguration, aPool } = await import('../../../support/builders.ts');
    const document = aConfiguration()
      .department('lab')
      .agent('ada')
      .pool(aPool('gpu-a').gpu(4, 'A100'))
      .build();
    const ask = (number: number) => ({
      ...{
        id: idAt(nine + number * 1000, number),
        department: 'lab',
        agent: 'ada',
        clientRequestId: `c${number}`,
      },
      options: [{ claims: [{ kind: 'gpu', quantity: 4 }] }],
      terms: {
        ...{ class: document.classes[0]!.name, durationSeconds: 3600, preemptible: false },
        ...{ classification: 'internal', purpose: 'x', summary: '' },
      },
      submittedAt: nine + number * 1000,
    });
    const submits = [0, 1].map(ask);
    const event = { request: submits[0]!.id, lease: 'lease-1' };
    const lines = [
      { type: 'history', format: 'annona-history/1', cell: 'main', from: 1, to: 1 },
      { type: 'configuration', document },
      {
        type: 'tick',
        record: {},
        rows: submits.map((request, id) => ({ id, command: { type: 'submit', request } })),
        events: [
          { ...event, type: 'annona.lease.granted.v1', at: nine },
          { ...event, type: 'annona.lease.released.v1', at: nine + 600_000 },
        ],
      },
      { type: 'end', ticks: 1, seals: 0 },
    ];
    const file = written(lines.map((line) => JSON.stringify(line)).join('\n'), 'history.jsonl');
    const { out, exitCode } = await ran('simulate', '--history', file, '--json');
    expect(exitCode).toBe(0);
    const [run] = JSON.parse(out).runs;
    // The first gave its lease back after ten minutes; of the second nothing is known but that it asked for an hour.
    expect(run).toMatchObject({ finished: 2, waitMaxSeconds: 599, makespanSeconds: 4200 });
    const cut = written(
      lines
        .slice(0, 3)
        .map((line) => JSON.stringify(line))
        .join('\n'),
      'cut.jsonl',
    );
    expect((await ran('simulate', '--history', cut)).err).toContain('ends before its last line');
  });
});

it('the worked scenario shows an outage, a slow solver, reviewers and two policies', async () => {
  const { out, exitCode } = await ran('simulate', join(ROOT, 'examples/simulations/outage.yaml'), '--json');
  expect(exitCode).toBe(0);
  const { runs, policies, complete } = JSON.parse(out);
  expect(complete).toBe(true);
  const [shipped, own, easy] = runs;
  for (const run of runs) expect(run).toMatchObject({ end: 'drained', preemptions: expect.any(Number) });
  expect(shipped.preemptions).toBeGreaterThan(0);
  expect(shipped.workLostSeconds).toBeGreaterThan(0);
  expect(own.deniedByRule.SALES_MUST_YIELD).toBeGreaterThan(0);
  expect(shipped.droppedBy.APPROVAL_REJECTED).toBeGreaterThan(0);
  expect(easy.droppedBy).toEqual({});
  expect(policies[0].all.lost).toBe(own.deniedByRule.SALES_MUST_YIELD);
  expect(policies[0].departments.finance.granted).toBe(shipped.droppedBy.APPROVAL_REJECTED);
}, 60_000);
