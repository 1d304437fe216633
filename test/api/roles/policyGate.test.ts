// The policies that ship, asked through the scheduler's gate about the organisation that is configured.
import { beforeAll, describe, expect, it } from 'vitest';
import { policyDataOf } from '../../../api/policyData.ts';
import { policyGate } from '../../../api/roles/policyGate.ts';
import {
  inProcessPolicy,
  type LivePolicy,
  NO_CONSTRAINTS,
  type PolicyService,
  type Verdict,
} from '../../../policies/index.ts';
import { defaultBundle } from '../../../policies/node.ts';
import { gateRow } from '../../../scheduler/gate.ts';
import type { GateRow } from '../../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest } from '../../support/builders.ts';

const organisation = aConfiguration()
  .department('research', {
    requestLimits: { gpu: 4 },
    clearanceCeiling: 'confidential',
    classes: ['standard'],
  })
  .agent('ada', { clearance: 'confidential' })
  .agent('bob', { clearance: 'internal' })
  .department('sales', { kinds: ['cpu'] })
  .agent('dan')
  .pool(aPool('gpu-a').gpu(64), aPool('cpu-a').cpu(64))
  .build();

const row = (request: ReturnType<typeof aRequest>): GateRow => gateRow(organisation, request.build());

describe('the shipped policies behind the gate', () => {
  let service: PolicyService;
  beforeAll(async () => {
    service = await inProcessPolicy({ bundle: await defaultBundle(), data: policyDataOf(organisation) });
  });

  it.each([
    ['what is within every limit', aRequest().gpu(4), []],
    ['a kind without a limit of its own, as much as there is', aRequest().cpu(64), []],
    ['more than the department’s limit', aRequest().gpu(5), ['QUANTITY_TOO_LARGE']],
    [
      'a class that the department does not have',
      aRequest().gpu(1).class('critical'),
      ['CLASS_NOT_ENTITLED'],
    ],
    ['a kind that the department may not ask', aRequest().gpu(1).by('dan', 'sales'), ['KIND_NOT_ALLOWED']],
    [
      'data above the agent’s clearance',
      aRequest().gpu(1).by('bob').terms({ classification: 'confidential' }),
      ['CLEARANCE_TOO_LOW'],
    ],
    [
      'confidential data without a purpose',
      aRequest().gpu(1).terms({ classification: 'confidential', purpose: '' }),
      ['PURPOSE_REQUIRED'],
    ],
    [
      'restricted data above the department’s ceiling',
      aRequest().gpu(1).terms({ classification: 'restricted' }),
      null,
    ],
    ['an agent that acts for another department', aRequest().gpu(1).by('dan', 'research'), null],
    ['an agent that nobody knows', aRequest().gpu(1).by('nobody'), null],
  ])('judge %s', async (_what, request, wantCodes) => {
    const gate = policyGate(service);
    const [verdict] = await gate.evaluate('main/1', [row(request)]);
    expect(verdict).toMatchObject({ policyRevision: service.revision, dataRevision: organisation.revision });
    expect(verdict?.allow).toBe(wantCodes?.length === 0);
    if (wantCodes === null) expect(verdict?.codes.length).toBeGreaterThan(0);
    else expect(verdict?.codes).toEqual(wantCodes);
  });
});

it('activates the very data that it foresaw, and of another configuration its own', async () => {
  const told: [string, unknown][] = [];
  const service = {
    dataRevision: 'before',
    foresee: async (data: unknown) => void told.push(['foresee', data]),
    activate: async ({ data }: { data: unknown }) => void told.push(['activate', data]),
    constraints: NO_CONSTRAINTS,
  } as unknown as LivePolicy;
  const gate = policyGate(service);
  const other = { ...organisation, revision: 'other' };
  await gate.foresee(organisation);
  await gate.foresee(organisation);
  await gate.adopt(organisation);
  await gate.adopt(other);
  expect(told.map(([what]) => what)).toEqual(['foresee', 'foresee', 'activate', 'activate']);
  const [first, second, third, fourth] = told.map(([, data]) => data);
  expect(second).toBe(first);
  expect(third).toBe(first);
  expect(fourth).toMatchObject({ revision: 'other' });
});

describe('a verdict', () => {
  /** Answers as told; `during` is what else happens while it is asked. */
  function serviceOf(
    verdict: Verdict,
    during: (service: { revision: string }) => void = () => {},
  ): PolicyService {
    const service = {
      revision: 'policy-1',
      dataRevision: 'data-1',
      evaluate: async ({ rows }: { rows: readonly unknown[] }) => {
        during(service);
        return rows.map(() => verdict);
      },
    };
    return service as unknown as PolicyService;
  }
  const allowed = { outcome: 'allow', obligations: [], codes: [] } as unknown as Verdict;

  const labelled = (...values: string[]) =>
    values.map((value, i) => ({ kind: 'label', name: 'a', value, code: `C${i}`, policy: 'p' }));

  it('carries its obligations, combined', async () => {
    const duty = { kind: 'approval', skill: 'legal', code: 'C', policy: 'p' };
    const obliged = { ...allowed, obligations: [duty, ...labelled('1', '1')] } as unknown as Verdict;
    const [verdict] = await policyGate(serviceOf(obliged)).evaluate('main/1', [row(aRequest().gpu(1))]);
    expect(verdict).toEqual({
      allow: true,
      codes: [],
      policyRevision: 'policy-1',
      dataRevision: 'data-1',
      obligations: { approvals: [{ skill: 'legal', code: 'C', policy: 'p' }], labels: { a: '1' } },
    });
  });

  it('with obligations that cannot be kept together is a denial', async () => {
    const obliged = { ...allowed, obligations: labelled('1', '2') } as unknown as Verdict;
    const [verdict] = await policyGate(serviceOf(obliged)).evaluate('main/1', [row(aRequest().gpu(1))]);
    expect(verdict).toEqual({
      allow: false,
      codes: ['OBLIGATION_CONFLICT'],
      policyRevision: 'policy-1',
      dataRevision: 'data-1',
    });
  });

  it('carries the revision under which it was surely made: a swap meanwhile asks again', async () => {
    const revisions = ['policy-2', 'policy-3'];
    let asked = 0;
    const service = serviceOf(allowed, (swapped) => {
      asked += 1;
      swapped.revision = revisions.shift() ?? swapped.revision;
    });
    const [verdict] = await policyGate(service).evaluate('main/1', [row(aRequest().gpu(1))]);
    expect(verdict?.policyRevision).toBe('policy-3');
    expect(asked).toBe(3);
  });
});
