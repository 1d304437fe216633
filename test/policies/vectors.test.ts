// Every rule of the default policies below, at and above its limit, on the module that production runs.
// policies/rego/default/vectors_test.rego runs the same cases in OPA's interpreter when the module is built.
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluateBatch, explain, type PolicyInstance, type PolicyRow } from '../../policies/index.ts';
import { allCodes, aRow, defaultInstance, vectors } from './support.ts';

let policy: PolicyInstance;
beforeAll(async () => {
  policy = await defaultInstance();
});

describe('the default policies', () => {
  it.each(vectors.cases)('$name', ({ row, codes, obligations }) => {
    const asked = aRow(row);
    const [verdict] = evaluateBatch(policy, { tick: 'tick_1', rows: [asked] });
    expect(allCodes(verdict)).toEqual(codes);
    const { findings } = explain(policy, asked);
    const shown = verdict?.outcome === 'allow' ? obligations : [];
    expect(findings.map((finding) => finding.code)).toEqual([...codes, ...shown].sort());
    if (verdict?.outcome === 'allow')
      expect(verdict.obligations.map((duty) => duty.code)).toEqual(obligations);
  });

  it('have a vector that each code hits, and one that it does not', () => {
    for (const { code } of policy.manifest.rules) {
      const hit = vectors.cases.filter((one) => [...one.codes, ...one.obligations].includes(code)).length;
      expect(hit, code).toBeGreaterThan(0);
      expect(hit, code).toBeLessThan(vectors.cases.length);
    }
  });
});

// Each limit in the data, moved by one, must change a Verdict: a limit that nothing reads, or a <= that became a <,
// would pass otherwise.
const LIMITS: {
  limit: string;
  row: Partial<PolicyRow>;
  change: (data: typeof vectors.data) => unknown;
  code: string;
}[] = [
  {
    limit: 'the clearance ceiling of a department',
    row: { classification: 2 },
    change: (data) => ({ departments: { research: { ...data.departments.research, clearanceCeiling: 1 } } }),
    code: 'DEPARTMENT_CLEARANCE_TOO_LOW',
  },
  {
    limit: 'the longest duration of a class',
    row: { durationSeconds: 86_400 },
    change: () => ({ classes: { batch: { maxDurationSeconds: 86_399, maxCostMinor: 50_000 } } }),
    code: 'DURATION_TOO_LONG',
  },
  {
    limit: 'the quantity of a kind',
    row: { quantities: { gpu: 8 } },
    change: (data) => ({
      departments: { research: { ...data.departments.research, limits: { gpu: 7, '*': 100 } } },
    }),
    code: 'QUANTITY_TOO_LARGE',
  },
  {
    limit: 'the quantity of other kinds',
    row: { quantities: { cpu: 100 } },
    change: (data) => ({
      departments: { research: { ...data.departments.research, limits: { gpu: 8, '*': 99 } } },
    }),
    code: 'QUANTITY_TOO_LARGE',
  },
  {
    limit: 'the models of a department',
    row: { models: ['A100'] },
    change: (data) => ({ departments: { research: { ...data.departments.research, models: ['H100'] } } }),
    code: 'MODEL_NOT_ENTITLED',
  },
  {
    limit: 'the quiet hours of a department',
    row: { hour: 12 },
    change: (data) => {
      const quietHours = { from: 12, to: 13, classes: [] };
      return { departments: { research: { ...data.departments.research, quietHours } } };
    },
    code: 'QUIET_HOURS',
  },
  {
    limit: 'how many agents a department may have',
    row: {},
    change: (data) => ({ departments: { research: { ...data.departments.research, agentsMost: 8 } } }),
    code: 'AGENT_BEYOND_CAP',
  },
  {
    limit: 'what a request of a class may cost',
    row: { costMinor: 50_000 },
    change: () => ({ classes: { batch: { maxDurationSeconds: 86_400, maxCostMinor: 49_999 } } }),
    code: 'COST_TOO_HIGH',
  },
  {
    limit: 'the purposes of a dataset',
    row: { datasets: ['personnel'], purpose: 'payroll' },
    change: () => ({ datasets: { personnel: ['recruiting'] } }),
    code: 'DATASET_FOR_OTHER_PURPOSE',
  },
  {
    limit: 'duties that must be separate',
    row: { roles: ['agent'], skills: ['vision'] },
    change: () => ({ separatedDuties: [['vision', 'agent']] }),
    code: 'DUTIES_NOT_SEPARATED',
  },
  {
    limit: 'the level from which a purpose is required',
    row: { classification: 1, purpose: '' },
    change: () => ({ purposeRequiredFrom: 1 }),
    code: 'PURPOSE_REQUIRED',
  },
];

describe('a limit moved by one', () => {
  it.each(LIMITS)('$limit turns a clean row into a denied one', async ({ row, change, code }) => {
    const rows = [aRow(row)];
    expect(evaluateBatch(policy, { tick: 't', rows })[0]?.outcome).toBe('allow');
    const moved = await defaultInstance({ ...vectors.data, ...(change(vectors.data) as object) });
    expect(allCodes(evaluateBatch(moved, { tick: 't', rows })[0])).toContain(code);
  });

  it('the level from which a reviewer must approve adds the obligation', async () => {
    const rows = [aRow({ classification: 2 })];
    expect(evaluateBatch(policy, { tick: 't', rows })[0]).toMatchObject({
      outcome: 'allow',
      obligations: [],
    });
    const moved = await defaultInstance({ ...vectors.data, approvalRequiredFrom: 2 });
    const wantObligation = {
      kind: 'approval',
      code: 'APPROVAL_NEEDED',
      policy: 'handling',
      skill: 'data-protection',
    };
    expect(evaluateBatch(moved, { tick: 't', rows })[0]).toMatchObject({
      outcome: 'allow',
      obligations: [wantObligation],
    });
  });
});
