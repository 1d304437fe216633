// A tick as a file: schema, problems with pointers, round trip, decisions.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../adapters/system/digest.ts';
import type { Snapshot } from '../../scheduler/snapshot.ts';
import { decideTickFile, tickFileParser, toTickFile } from '../../scheduler/tickFile.ts';
import { TICK_FILE_SCHEMA } from '../../scheduler/tickFileSchema.ts';
import { createInProcessSolver } from '../../solver/node.ts';
import { arbitrarySnapshot } from '../support/arbitrarySnapshot.ts';
import { aConfiguration, aLease, aPool, aRequest, aState } from '../support/builders.ts';

const solver = createInProcessSolver();
const parseTickFile = tickFileParser();
afterAll(() => solver.close());

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function parsed(document: unknown): Snapshot {
  const result = parseTickFile(document);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.snapshot;
}

const lease = aLease('gpu-a');
const snapshot = aState(
  aConfiguration()
    .account('team', 100)
    .agent('ada', { accounts: ['team' as never] })
    .pool(aPool('gpu-a').gpu(4)),
)
  .request(aRequest(1).gpu(2).prefer('h100'), aRequest(2).gpu(3))
  .used('gpu-a', 1)
  .account('team/now', { spent: 5 })
  .lease(lease)
  .extend(lease, 60)
  .snapshot();

it('the schema in the documentation is the one in force', async () => {
  const file = join(import.meta.dirname, '../../docs/tick-file.schema.json');
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(asJson(TICK_FILE_SCHEMA));
});

describe('round trip', () => {
  it('a snapshot written and read is the snapshot', () => {
    fc.assert(
      fc.property(arbitrarySnapshot, (drawn) => {
        expect(asJson(toTickFile(parsed(asJson(toTickFile(drawn)))))).toEqual(asJson(toTickFile(drawn)));
        expect(parsed(asJson(toTickFile(drawn)))).toEqual(drawn);
      }),
      { numRuns: 40 },
    );
  });

  it('a snapshot names nothing that its configuration no longer has, so that its file can be read', () => {
    const left = aState(aConfiguration().account('team', 100).pool(aPool('gpu-a').gpu(4)))
      .request(aRequest(1).gpu(2))
      .used('gpu-a', 1)
      .used('gpu-removed', 3)
      .account('team/now', { spent: 5 })
      .account('team/over', { reserved: 7 })
      .snapshot();
    expect([...left.used]).toEqual([['gpu-a', 1]]);
    expect([...left.accounts.keys()]).toEqual(['team/now']);
    expect(parsed(asJson(toTickFile(left)))).toEqual(left);
  });

  it('accepts what a failed tick adds: the breach', () => {
    const dumped = { ...toTickFile(snapshot), breach: { what: 'capacity/gpu-a', lhs: 5, rhs: 4 } };
    expect(parsed(asJson(dumped))).toEqual(snapshot);
  });
});

describe('a document is refused', () => {
  type Json = Record<string, unknown>;
  /** The good file with the value at the pointer replaced; `undefined` removes it. */
  const changed = (pointer: string, value: unknown): unknown => {
    const document = asJson(toTickFile(snapshot)) as Json;
    const path = pointer
      .slice(1)
      .split('/')
      .map((token) => token.replaceAll('~1', '/'));
    const last = path.pop()!;
    const holder = path.reduce((at, token) => at[token] as Json, document);
    if (value === undefined) delete holder[last];
    else holder[last] = value;
    return document;
  };

  it.each([
    ['/version', 2, ['1']],
    ['/now', -1, undefined],
    ['/now', '7', undefined],
    ['/surprise', 1, undefined],
    ['/requests/0/request/agent', 'eve', ['ada']],
    ['/requests/0/request/department', undefined, undefined],
    ['/requests/0/request/terms/class', 'urgent', ['critical', 'production', 'standard', 'batch']],
    [
      '/requests/0/request/terms/classification',
      'secret',
      ['public', 'internal', 'confidential', 'restricted'],
    ],
    ['/requests/0/request/terms/durationSeconds', 0, undefined],
    ['/requests/0/request/options/0/claims/0/quantity', 1.5, undefined],
    ['/requests/0/request/options/0/claims/0/quantity', 2 ** 53, undefined],
    ['/requests/0/request/options/0/claims/0/kind', 'tpu', ['gpu']],
    ['/requests/0/request/options/0/claims/0/selector', { model: 7 }, undefined],
    ['/requests/0/verdict/allow', false, ['true']],
    ['/requests/1/sequence', 1, undefined],
    ['/used/gpu-z', 1, ['gpu-a']],
    ['/accounts/team~1then', { reserved: 0, spent: 0 }, ['team/now']],
    ['/quotaUse/sales~1gpu', 1, ['research/gpu']],
    ['/configuration/agents/0/department', 'sales', ['research']],
    ['/configuration/agents/0/accounts/0', 'nobody', ['team']],
    ['/configuration/accounts/0/parent', 'team', undefined],
    ['/configuration/accounts/0/periods/0/endsAt', 1, undefined],
    ['/extensions/0/extension/lease', 'lse_other', undefined],
    ['/extensions/0/lease/state', 'revoking', ['granted', 'active']],
    ['/extensions/0/lease/allocations/0/pool', 'gpu-z', ['gpu-a']],
  ])('at %s for %j', (pointer, value, wantAllowed) => {
    const result = parseTickFile(changed(pointer, value));
    expect(result.ok).toBe(false);
    const problem = result.ok ? undefined : result.problems.find((one) => one.pointer.startsWith(pointer));
    expect(problem?.message).toBeTruthy();
    expect(problem?.allowed).toEqual(wantAllowed);
  });

  it.each([null, 7, 'text', [], {}])('that is %j', (document) => {
    expect(parseTickFile(document).ok).toBe(false);
  });

  it('whatever is deleted or replaced in it, and never by a throw', () => {
    const good = asJson(toTickFile(snapshot));
    const pointers = pathsOf(good);
    fc.assert(
      fc.property(fc.constantFrom(...pointers), fc.jsonValue(), (path, value) => {
        const document = structuredClone(good) as Json;
        const holder = path.slice(0, -1).reduce((at, key) => at[key] as Json, document);
        holder[path.at(-1)!] = value;
        const result = parseTickFile(document);
        if (!result.ok) expect(result.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });
});

function pathsOf(value: unknown, at: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((key) => [
    [...at, key],
    ...pathsOf((value as Record<string, unknown>)[key], [...at, key]),
  ]);
}

describe('decideTickFile', () => {
  it('grants, explains the rest, and carries the certificate', async () => {
    const answer = await decideTickFile(snapshot, { solver, digest: sha256 });
    expect(answer.decisions.map(({ outcome }) => outcome).sort()).toEqual(['granted', 'waiting']);
    const waiting = answer.decisions.find(({ outcome }) => outcome === 'waiting');
    expect(waiting?.reasons[0]).toMatchObject({ code: 'POOL_FULL' });
    expect(answer.extensions).toMatchObject([{ extension: 'ext_1', outcome: 'granted' }]);
    expect(answer.stages.map(({ class: name }) => name)).toEqual(['critical', 'standard']);
    for (const stage of answer.stages) expect(stage.bound).toBeGreaterThanOrEqual(stage.value);
    expect(answer.model).toEqual({ columns: 3, rows: 1, truncated: false });
  });

  it('of a file where nothing fits calls no solver', async () => {
    const full = aState(aConfiguration().pool(aPool('gpu-a').gpu(4)))
      .used('gpu-a', 4)
      .request(aRequest().gpu(1))
      .snapshot();
    const answer = await decideTickFile(full, { solver, digest: sha256 });
    expect(answer).toMatchObject({ solution: null, stages: [], model: { columns: 0 } });
    expect(answer.decisions[0]?.reasons[0]?.code).toBe('POOL_FULL');
  });

  it('answers the same for a file and its round trip', async () => {
    const first = await decideTickFile(snapshot, { solver, digest: sha256 });
    const again = await decideTickFile(parsed(asJson(toTickFile(snapshot))), { solver, digest: sha256 });
    expect(again).toEqual(first);
  });
});
