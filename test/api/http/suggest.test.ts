// What a refused submitter can send instead: for every kind of slip there is a suggestion, and sent as it is it is accepted.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProblemCode, ProblemDocument } from '../../../api/errors.ts';
import type { SubmissionBody } from '../../../api/http/schemas/submission.ts';
import { formatInstant } from '../../../api/http/time.ts';
import { NOW } from './organisation.ts';
import { aLease, anEdge, aSubmission, type Edge, expectProblem } from './support.ts';

type Slip = (body: SubmissionBody) => SubmissionBody;

const claimOf = (body: SubmissionBody) => body.options[0]?.claims[0] ?? { kind: 'gpu', quantity: 1 };
const withClaim = (body: SubmissionBody, change: Partial<SubmissionBody['options'][0]['claims'][0]>) => ({
  ...body,
  options: [{ claims: [{ ...claimOf(body), ...change }] }, ...body.options.slice(1)],
});
const withTerms = (body: SubmissionBody, change: Partial<SubmissionBody['terms']>) => ({
  ...body,
  terms: { ...body.terms, ...change },
});

const SLIPS: Readonly<Record<string, Slip>> = {
  class: (body) => withTerms(body, { class: 'standrad' }),
  kind: (body) => withClaim(body, { kind: 'gpus' }),
  label: (body) => withClaim(body, { kind: 'gpu', selector: { modell: 'a100' } }),
  'label with a slash': (body) => withClaim(body, { kind: 'gpu', selector: { 'mo/del~': 'a100' } }),
  value: (body) => withClaim(body, { kind: 'gpu', selector: { model: ['A100 80GB', 'a10'] } }),
  quantity: (body) => withClaim(body, { kind: 'gpu', quantity: 900, selector: { model: 'h100' } }),
  'no such combination': (body) => withClaim(body, { kind: 'gpu', selector: { model: 'h100', zone: 'b' } }),
  duration: (body) => withTerms(body, { durationSeconds: 9_000_000 }),
  start: (body) => withTerms(body, { startBefore: formatInstant(NOW - 1) }),
  deadline: (body) => withTerms(body, { durationSeconds: 7200, deadline: formatInstant(NOW + 3_600_000) }),
  'passed deadline': (body) => withTerms(body, { deadline: formatInstant(NOW + 10_000) }),
};

const kindAndQuantity = fc.constantFrom(
  { kind: 'gpu', quantity: 2 },
  { kind: 'cpu', quantity: 8 },
  { kind: 'review', quantity: 1 },
);
const good: fc.Arbitrary<SubmissionBody> = fc
  .record({ claims: fc.array(kindAndQuantity, { minLength: 1, maxLength: 2 }), key: fc.uuid() })
  .map(({ claims, key }) => ({
    ...(aSubmission() as SubmissionBody),
    clientRequestId: key,
    // Two claims of one kind may be too much for it together: that is a slip of its own.
    options: [{ claims }],
  }));

/** The suggestion of the answer; that there is one is asserted. */
function suggestionOf(problem: ProblemDocument): SubmissionBody {
  const suggestion = problem.errors[0]?.suggestion;
  expect({ detail: problem.detail, suggestion }).toEqual({
    detail: problem.detail,
    suggestion: expect.any(Object),
  });
  return suggestion as SubmissionBody;
}

async function expectAccepted(edge: Edge, body: unknown): Promise<void> {
  const again = await edge.call({ method: 'POST', url: '/v1/requests', body });
  expect([again.statusCode, again.statusCode === 202 ? '' : again.body]).toEqual([202, '']);
}

describe('for one to three slips in a good body', () => {
  it('there is a suggestion, and it is accepted as it stands', async () => {
    const edge = await anEdge();
    const codes = new Set<ProblemCode>();
    const slips = fc.uniqueArray(fc.constantFrom(...Object.keys(SLIPS)), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(good, slips, async (body, names) => {
        const wrong = names.reduce((slipped, name) => (SLIPS[name] as Slip)(slipped), body);
        const refused = await edge.call({ method: 'POST', url: '/v1/requests', body: wrong });
        // A later slip may have mended an earlier one.
        if (refused.statusCode === 202) return;
        const problem = refused.json<ProblemDocument>();
        codes.add(problem.code);
        await expectAccepted(edge, suggestionOf(problem));
      }),
      { numRuns: 1000 },
    );
    const want = ['UNKNOWN_CLASS', 'UNKNOWN_KIND', 'UNKNOWN_LABEL', 'NEVER_FITS', 'TIME_RANGE'];
    expect([...codes]).toEqual(expect.arrayContaining(want));
  });

  it('in items of a batch as well, also when their keys collide', async () => {
    const edge = await anEdge();
    const item = fc.tuple(
      good,
      // Half have no slip: only what could be admitted is told that its key stands twice.
      fc.oneof(fc.constantFrom(...Object.keys(SLIPS)), fc.constant('none')),
      fc.constantFrom('a', 'b', null),
    );
    const codes = new Set<ProblemCode>();
    await fc.assert(
      fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 6 }), fc.uuid(), async (drawn, run) => {
        const items = drawn.map(([body, slip, key]) => ({
          ...(SLIPS[slip] ?? ((same: SubmissionBody) => same))(body),
          clientRequestId: key === null ? body.clientRequestId : `${run}-${key}`,
        }));
        const answer = await edge.call({ method: 'POST', url: '/v1/requests/batch', body: { items } });
        for (const { problem } of answer.json<{ items: { problem?: ProblemDocument }[] }>().items) {
          if (problem === undefined) continue;
          codes.add(problem.code);
          await expectAccepted(edge, suggestionOf(problem));
        }
      }),
      { numRuns: 200 },
    );
    expect([...codes]).toContain('DUPLICATE_IN_BATCH');
  });
});

describe('a suggestion', () => {
  const submit = (edge: Edge, body: unknown) => edge.call({ method: 'POST', url: '/v1/requests', body });

  it('asks for the largest fit', async () => {
    const edge = await anEdge();
    const body = aSubmission({ options: [{ claims: [{ kind: 'cpu', quantity: 70 }] }] });
    const problem = expectProblem(await submit(edge, body), 'NEVER_FITS');
    expect(suggestionOf(problem)).toEqual({
      ...body,
      options: [{ claims: [{ kind: 'cpu', quantity: 64 }] }],
    });
  });

  it('gives a used key an ending of its own', async () => {
    const edge = await anEdge();
    await submit(edge, aSubmission());
    const other = aSubmission({ terms: { class: 'batch', durationSeconds: 60 } });
    const suggestion = suggestionOf(expectProblem(await submit(edge, other), 'KEY_REUSED'));
    expect(suggestion.clientRequestId).toMatch(/^train-7\.[0-9a-z]{26}$/);
    await expectAccepted(edge, suggestion);
  });

  it('keeps a used key of the greatest length within its length', async () => {
    const edge = await anEdge();
    const clientRequestId = 'k'.repeat(200);
    await submit(edge, aSubmission({ clientRequestId }));
    const other = aSubmission({ clientRequestId, terms: { class: 'batch', durationSeconds: 60 } });
    const suggestion = suggestionOf(expectProblem(await submit(edge, other), 'KEY_REUSED'));
    expect(suggestion.clientRequestId.length).toBe(200);
    await expectAccepted(edge, suggestion);
  });

  it('is not made up where nothing is known: a body that does not fit its schema has none', async () => {
    const edge = await anEdge();
    const problem = expectProblem(await submit(edge, aSubmission({ terms: {} })), 'BODY_INVALID');
    expect(problem.errors.filter((error) => 'suggestion' in error)).toEqual([]);
  });

  it('of an extension that is too long asks for the longest, and is accepted', async () => {
    const edge = await anEdge();
    const lease = aLease();
    edge.store.leases.set(lease.id, { lease, heartbeatAt: null, endedAt: null });
    const extend = (body: unknown) =>
      edge.call({ method: 'POST', url: `/v1/leases/${lease.id}/extend`, body });
    const problem = expectProblem(await extend({ epoch: 3, seconds: 1e9 }), 'TIME_RANGE');
    expect(suggestionOf(problem)).toEqual({ epoch: 3, seconds: 604_800 });
    expect((await extend(suggestionOf(problem))).statusCode).toBe(202);
  });

  it('is made for the first twenty items of a batch alone', async () => {
    const edge = await anEdge();
    const items = Array.from({ length: 25 }, (_, index) =>
      aSubmission({ clientRequestId: `k-${index}`, terms: { class: 'none', durationSeconds: 60 } }),
    );
    const answer = await edge.call({ method: 'POST', url: '/v1/requests/batch', body: { items } });
    const made = answer
      .json<{ items: { problem: ProblemDocument }[] }>()
      .items.filter(({ problem }) => problem.errors[0]?.suggestion !== undefined);
    expect(made.length).toBe(20);
  });
});
