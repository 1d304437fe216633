// Two policies compared: the constants that a module names, the rows around every limit, and each kind of change.
import { beforeAll, describe, expect, it } from 'vitest';
import { changeOf } from '../../../policies/compare/change.ts';
import { type GridInput, gridRows, gridSize } from '../../../policies/compare/grid.ts';
import {
  CHANGE_KINDS,
  comparedWith,
  diffPolicies,
  impactOf,
  inProcessPolicy,
  literalsOf,
  type PolicyBundle,
  type PolicyData,
  type PolicyService,
  parseRecord,
  type Verdict,
} from '../../../policies/index.ts';
import { defaultBundle } from '../../../policies/node.ts';
import { faultOf } from '../../../policies/rows.ts';
import { aRow, vectors } from '../support.ts';

let bundle: PolicyBundle;
let grid: GridInput;
beforeAll(async () => {
  bundle = await defaultBundle();
  grid = { data: vectors.data, literals: comparedWith([bundle]), fieldsMost: 2 };
});

const allowed: Verdict = { outcome: 'allow', obligations: [], warnings: [], dryrun: [] };
const denied = (...codes: string[]): Verdict => ({ outcome: 'deny', codes, warnings: [], dryrun: [] });

describe('a change', () => {
  it('is none between equal Verdicts', () => {
    expect(changeOf(allowed, allowed)).toBeUndefined();
    expect(changeOf(denied('A', 'B'), denied('A', 'B'))).toBeUndefined();
  });

  it('is counted under the gravest kind, with the codes that went and came', () => {
    expect(changeOf(denied('A'), allowed)).toEqual({ kind: 'newlyAllowed', gone: ['A'], come: [] });
    expect(changeOf(allowed, denied('B', 'A'))).toEqual({ kind: 'newlyDenied', gone: [], come: ['A', 'B'] });
    expect(changeOf(denied('A', 'B'), denied('B', 'C'))).toEqual({
      kind: 'reasons',
      gone: ['A'],
      come: ['C'],
    });
    const obliged = {
      ...allowed,
      obligations: [{ kind: 'approval', code: 'O', policy: 'p', skill: 's' }],
    } as const;
    expect(changeOf(allowed, obliged)).toEqual({ kind: 'obligations', gone: [], come: ['O'] });
    const other = { ...allowed, obligations: [{ ...obliged.obligations[0], skill: 't' }] } as Verdict;
    expect(changeOf(obliged, other)?.kind).toBe('obligations');
    expect(changeOf(allowed, { ...allowed, warnings: ['W'] })).toEqual({
      kind: 'warnings',
      gone: [],
      come: ['W'],
    });
    expect(CHANGE_KINDS).toHaveLength(5);
  });
});

describe('the constants of a module', () => {
  it('are the numbers and texts of its policies', () => {
    const { numbers, texts } = literalsOf(bundle.wasm);
    expect(numbers).toContain(12);
    expect(texts).toContain('clearanceCeiling');
  });

  it('without the names of fields and rules are what is compared with', () => {
    const { numbers, texts } = comparedWith([bundle]);
    expect(numbers).toContain(12);
    expect(texts).toEqual([':']);
  });

  it('of anything else are none', () => {
    expect(literalsOf(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]).buffer)).toEqual({
      numbers: [],
      texts: [],
    });
  });
});

describe('the rows', () => {
  it('are as many as are planned, none twice, each one that a policy is asked', () => {
    const small: GridInput = { ...grid, fieldsMost: 1 };
    const rows = [...gridRows(small)];
    expect(rows).toHaveLength(gridSize(small));
    expect(new Set(rows.map(({ row }) => JSON.stringify(row))).size).toBe(rows.length);
    expect(rows.filter(({ row }) => faultOf(row) !== undefined)).toEqual([]);
    expect([...gridRows(grid)]).toHaveLength(gridSize(grid));
  });

  it('stand at every limit, below it and above it, by department and class', () => {
    const rows = [...gridRows({ ...grid, fieldsMost: 1 })].map(({ row }) => row);
    const durations = rows.filter((row) => row.class === 'urgent').map((row) => row.durationSeconds);
    expect(durations).toEqual(expect.arrayContaining([3_599, 3_600, 3_601]));
    const units = rows.filter((row) => row.department === 'research').map((row) => row.quantities.gpu);
    expect(units).toEqual(expect.arrayContaining([7, 8, 9]));
    const hours = rows.filter((row) => row.department === 'support').map((row) => row.hour);
    expect(hours).toEqual(expect.arrayContaining([7, 8, 9, 16, 17, 18]));
    const lengths = rows.map((row) => row.purpose.length);
    expect(lengths).toEqual(expect.arrayContaining([11, 12, 13]));
  });
});

describe('a difference', () => {
  const service = (data: PolicyData): Promise<PolicyService> => inProcessPolicy({ bundle, data });

  it('is none between a policy and itself', async () => {
    const same = await service(vectors.data);
    const { groups, compared, planned } = await diffPolicies({
      ...grid,
      fieldsMost: 1,
      rowsMost: 1e6,
      before: same,
      after: same,
    });
    expect(groups).toEqual([]);
    expect(compared).toBe(planned);
  });

  // The same bundle under another limit stands for another policy: it is the limit that the two compare with.
  it('shows the simplest row that is newly allowed, with the limit that it was denied by', async () => {
    const classes = { ...vectors.data.classes, urgent: { maxDurationSeconds: 3_601, maxCostMinor: 10_000 } };
    const answer = await diffPolicies({
      ...grid,
      fieldsMost: 1,
      rowsMost: 1e6,
      before: await service(vectors.data),
      after: await service({ ...vectors.data, classes }),
    });
    expect(answer.counts.newlyAllowed).toBeGreaterThan(0);
    expect(answer.counts.newlyDenied).toBe(0);
    const [first] = answer.groups;
    expect(first).toMatchObject({
      kind: 'newlyAllowed',
      gone: ['DURATION_TOO_LONG'],
      changed: ['durationSeconds'],
      row: { class: 'urgent', durationSeconds: 3_601 },
    });
    expect(first?.before.findings).toEqual([
      expect.objectContaining({ code: 'DURATION_TOO_LONG', want: 3_601, limit: 3_600 }),
    ]);
    expect(first?.after.verdict.outcome).toBe('allow');
  });

  it('stops after so many rows and says how many there were', async () => {
    const same = await service(vectors.data);
    const told: number[] = [];
    const answer = await diffPolicies({
      ...grid,
      rowsMost: 100,
      before: same,
      after: same,
      progress: (done) => void told.push(done),
    });
    expect(answer.compared).toBe(100);
    expect(answer.planned).toBe(gridSize(grid));
    expect(told).toEqual([100]);
  });
});

describe('the impact', () => {
  it('counts changed requests by department and rule, the newest as the example', async () => {
    const limits = { ...vectors.data.departments.research!, limits: { gpu: 3, '*': 100 } };
    const after = { ...vectors.data, departments: { ...vectors.data.departments, research: limits } };
    const requests = [
      { id: 'req_1', row: aRow({ quantities: { gpu: 3 } }) },
      { id: 'req_2', row: aRow({ quantities: { gpu: 4 } }) },
      { id: 'req_3', row: aRow({ quantities: { gpu: 5 } }) },
    ];
    const pair = {
      before: await inProcessPolicy({ bundle, data: vectors.data }),
      after: await inProcessPolicy({ bundle, data: after }),
    };
    const impact = await impactOf({ requests }, pair);
    expect([impact.requests, impact.changed]).toEqual([3, 2]);
    expect(impact.lines).toEqual([
      {
        department: 'research',
        kind: 'newlyDenied',
        codes: ['+QUANTITY_TOO_LARGE'],
        requests: 2,
        example: 'req_3',
      },
    ]);
    expect(impact.changes.map(({ id }) => id)).toEqual(['req_2', 'req_3']);
  });

  it.each([
    ['another version', { v: 2 }],
    ['no data', { v: 1, policyRevision: '', requests: [] }],
    ['requests that are no list', { v: 1, policyRevision: '', data: {}, requests: {} }],
    ['a request without a row', { v: 1, policyRevision: '', data: {}, requests: [{ id: 'req_1' }] }],
    ['nothing', null],
  ])('is not told of a record of %s', (_what, value) => {
    expect(() => parseRecord(value)).toThrow(/^record: /);
  });
});
