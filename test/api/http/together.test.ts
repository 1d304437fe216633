// Gangs, exclusive claims and start limits over HTTP: what of a body reaches the intake, and what is refused before it.

import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { readSubmission } from '../../../api/http/submission.ts';
import { requestJson } from '../../../api/http/views.ts';
import { aConfiguration, aPool, aRequest, NOW } from '../../support/builders.ts';

const GANG = { id: 'training-run-0001', size: 2 };

const configuration = aConfiguration()
  .pool(aPool('gpu-a').gpu(8, 'a100').label('zone', 'a'), aPool('corpus').dataset(4))
  .build();

const read = (terms: object, claim: object = { kind: 'gpu', quantity: 1 }, claims = 1) =>
  readSubmission(
    {
      clientRequestId: 'one',
      options: [{ claims: Array(claims).fill(claim) }],
      terms: { class: 'standard', durationSeconds: 60, ...terms },
    },
    {
      submitter: { subject: 'ada', department: 'research' as never, agent: 'ada' as never },
      configuration,
      digest: sha256,
      id: 'req_00000000000000000000000001' as never,
      now: NOW,
    },
  );

const written = (...from: Parameters<typeof read>) => {
  const submission = read(...from);
  if (!submission.ok || submission.item.command.type !== 'submit')
    throw new Error(JSON.stringify(submission));
  return submission.item.command.request;
};

const refused = (...from: Parameters<typeof read>) => {
  const submission = read(...from);
  return submission.ok ? null : [submission.problem.code, submission.problem.errors?.[0]?.pointer];
};

describe('what reaches the intake', () => {
  it('is the gang and the start limit as they were sent, and nothing where nothing was', () => {
    const gang = { ...GANG, timeoutSeconds: 30, colocate: 'zone' };
    expect(written({ gang, startLimitSeconds: 10 }).terms).toMatchObject({ gang, startLimitSeconds: 10 });
    expect(Object.keys(written({}).terms)).not.toContain('gang');
    expect(Object.keys(written({}).terms)).not.toContain('startLimitSeconds');
  });

  it('is an exclusive claim of a dataset', () => {
    const claim = { kind: 'dataset', quantity: 2, exclusive: true };
    expect(written({}, claim).options[0]?.claims).toEqual([claim]);
  });

  it('is shown again as it was sent', () => {
    const request = aRequest(1).claim('dataset', 1, { exclusive: true }).terms({ gang: GANG }).build();
    const reasons = [{ code: 'AWAITING_GANG', have: 1, size: 2, until: NOW }] as const;
    const view = { request, state: 'waiting', reasons, decidedAt: NOW, tick: 1, lease: null } as const;
    expect(requestJson(view as never, { reasons, estimate: null })).toMatchObject({
      terms: { gang: GANG },
      options: [{ claims: [{ kind: 'dataset', quantity: 1, exclusive: true }] }],
      reasons: [{ code: 'AWAITING_GANG', have: 1, size: 2, until: '2026-11-23T09:00:00.000Z' }],
    });
  });
});

describe('what is refused', () => {
  const dataset = { kind: 'dataset', quantity: 1 };
  it.each([
    ['a short gang id', { gang: { id: 'too-short', size: 2 } }, undefined, 'BODY_INVALID', '/terms/gang/id'],
    ['a gang without a size', { gang: { id: GANG.id } }, undefined, 'BODY_INVALID', '/terms/gang/size'],
    [
      'an unknown field',
      { gang: { ...GANG, leader: 'me' } },
      undefined,
      'BODY_INVALID',
      '/terms/gang/leader',
    ],
    ['a gang of one', { gang: { ...GANG, size: 1 } }, undefined, 'GANG_INVALID', '/terms/gang/size'],
    ['a gang of seventeen', { gang: { ...GANG, size: 17 } }, undefined, 'GANG_INVALID', '/terms/gang/size'],
    [
      'a time-out of more than a week',
      { gang: { ...GANG, timeoutSeconds: 604_801 } },
      undefined,
      'GANG_INVALID',
      '/terms/gang/timeoutSeconds',
    ],
    [
      'a label of no pool',
      { gang: { ...GANG, colocate: 'rack' } },
      undefined,
      'UNKNOWN_LABEL',
      '/terms/gang/colocate',
    ],
    [
      'exclusive: false',
      {},
      { ...dataset, exclusive: false },
      'BODY_INVALID',
      '/options/0/claims/0/exclusive',
    ],
    [
      'an exclusive GPU',
      {},
      { kind: 'gpu', quantity: 1, exclusive: true },
      'CLAIM_INVALID',
      '/options/0/claims/0/exclusive',
    ],
    ['a start limit of 0', { startLimitSeconds: 0 }, undefined, 'BODY_INVALID', '/terms/startLimitSeconds'],
    [
      'a later start limit than the organisation’s',
      { startLimitSeconds: 31 },
      undefined,
      'TIME_RANGE',
      '/terms/startLimitSeconds',
    ],
  ])('%s', (_, terms, claim, code, pointer) => {
    expect(refused(terms, claim)).toEqual([code, pointer]);
  });

  it('a member of a gang with five claims', () => {
    expect(refused({ gang: GANG }, dataset, 4)).toBeNull();
    expect(refused({ gang: GANG }, dataset, 5)).toEqual(['GANG_INVALID', '/options/0/claims']);
    expect(refused({}, { kind: 'gpu', quantity: 1 }, 5)).toBeNull();
  });
});
