// The list of requests: what a filter finds, and how what was just read comes into what was known.
import { expect, it } from 'vitest';
import type { RequestView } from '../../../../api/client/index.ts';
import {
  filtered,
  listed,
  merged,
  NO_FILTER,
  stateOfEvent,
} from '../../../../api/console/data/requestList.ts';

function aRequest(id: string, change: Partial<RequestView> = {}): RequestView {
  return {
    id,
    clientRequestId: `client-${id}`,
    department: 'research',
    agent: 'forge-01',
    state: 'waiting',
    options: [{ claims: [{ kind: 'gpu', quantity: 4 }] }],
    terms: { class: 'standard', durationSeconds: 60, summary: 'Nightly evaluation' },
    submittedAt: '2026-11-27T01:00:00.000Z',
    decidedAt: null,
    tick: null,
    lease: null,
    restartOf: null,
    approvalOf: null,
    reasons: [{ code: 'POOL_FULL', actor: 'wait', advice: '' }],
    ...change,
  };
}

const rows = [
  aRequest('req_1'),
  aRequest('req_2', { state: 'granted', reasons: [], department: 'sales' }),
  aRequest('req_3', { options: [{ claims: [{ kind: 'cpu', quantity: 64 }] }] }),
].map(listed);
const ids = (filter: Partial<typeof NO_FILTER>) =>
  filtered(rows, { ...NO_FILTER, ...filter }).map(({ request }) => request.id);

it('finds words in any order, anywhere, in any case', () => {
  expect(ids({ text: 'EVALUATION nightly 64' })).toEqual(['req_3']);
  expect(ids({ text: 'pool_full' })).toEqual(['req_1', 'req_3']);
  expect(ids({ text: 'nobody' })).toEqual([]);
  expect(ids({ text: '  ' })).toEqual(['req_1', 'req_2', 'req_3']);
});

it('takes what is chosen as it stands', () => {
  expect(ids({ state: 'granted' })).toEqual(['req_2']);
  expect(ids({ reason: 'POOL_FULL', department: 'research' })).toEqual(['req_1', 'req_3']);
  expect(ids({ class: 'batch' })).toEqual([]);
});

it('puts what is new first, and what changed where it stood', () => {
  const read = [aRequest('req_4'), aRequest('req_2', { state: 'cancelled' })];
  const next = merged(rows, read, 10);
  expect(next.map(({ request }) => request.id)).toEqual(['req_4', 'req_1', 'req_2', 'req_3']);
  expect(next[2]?.request.state).toBe('cancelled');
  expect(merged(rows, read, 2).map(({ request }) => request.id)).toEqual(['req_4', 'req_1']);
});

it('knows which events move a request', () => {
  expect(stateOfEvent({ type: 'annona.request.granted.v1' })).toBe('granted');
  expect(stateOfEvent({ type: 'annona.lease.granted.v1' })).toBeNull();
});
