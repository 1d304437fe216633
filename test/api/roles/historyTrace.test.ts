// The requests of a span as jobs: what is taken of them, what is left out, and where pages end. And what a simulation of them refuses.
import { expect, it } from 'vitest';
import type { LeaseView, Page, PageQuery, RequestView } from '../../../api/ports.ts';
import { historyTrace } from '../../../api/roles/sideJobs/historyTrace.ts';
import type { DepartmentId } from '../../../scheduler/index.ts';
import { NOW } from '../../support/instants.ts';
import { aRequest } from '../../support/requestBuilder.ts';
import { aLease } from '../../support/stateBuilder.ts';

const HOUR = 3_600_000;
const SCOPE = { type: 'department', department: 'research' as DepartmentId } as const;

/** Newest first, three a page, as a store gives them; counts the pages that were asked for. */
function pagesOf<Item>(items: readonly Item[]) {
  let read = 0;
  const page = async (_: unknown, { after }: PageQuery): Promise<Page<Item>> => {
    read += 1;
    const from = after === null ? 0 : Number(after);
    const next = from + 3 < items.length ? String(from + 3) : null;
    return { items: items.slice(from, from + 3), next };
  };
  return { page, read: () => read };
}

function history(requests: readonly RequestView['request'][], leases: readonly LeaseView[] = []) {
  const views = requests.map((request) => ({ request }) as RequestView);
  const [asked, given] = [pagesOf(views), pagesOf(leases)];
  const none = async () => null;
  const ports = {
    requests: { request: none, requests: asked.page },
    leases: { lease: none, leases: given.page },
  };
  const span = { scope: SCOPE, from: NOW - HOUR, to: NOW, classes: ['urgent', 'standard'], requestsMost: 5 };
  return { trace: (change = {}) => historyTrace(ports, { ...span, ...change }), read: asked.read };
}

const at = (number: number, ago: number, change = aRequest(number).gpu(2)) => ({
  ...change.build(),
  submittedAt: NOW - ago,
});

it('takes claims, class and the life of the lease, in the order of the submits', async () => {
  const [late, early] = [at(2, 1000, aRequest(2).gpu(1, { model: ['h100', 'a100'] })), at(1, HOUR / 2)];
  const lease = aLease('gpu-a', { request: early.id, grantedAt: NOW - HOUR / 2 });
  const { trace } = history([late, early], [{ lease, heartbeatAt: null, endedAt: NOW - HOUR / 4 }]);
  const { jobs } = await trace();
  expect(jobs).toMatchObject([
    // It asked for ten minutes, and ran for a quarter of an hour.
    {
      submitMs: 0,
      runMs: HOUR / 4,
      estimateMs: HOUR / 4,
      claims: [{ kind: 'gpu', quantity: 2 }],
      models: [],
      rank: 1,
    },
    {
      submitMs: HOUR / 2 - 1000,
      runMs: 600_000,
      estimateMs: 600_000,
      models: ['h100', 'a100'],
      department: 'research',
    },
  ]);
});

it('leaves out what asks for a window or for agents, and says so', async () => {
  const windowed = at(1, 1000, aRequest(1).claim('review', 1, { window: { to: NOW } }));
  const { jobs, dropped } = await history([windowed, at(2, 2000, aRequest(2).claim('agent', 1))]).trace();
  expect([jobs, [...dropped]]).toEqual([[], [['asks for a window or for agents', 2]]]);
});

it('reads no further than the span, and refuses one with too many', async () => {
  const old = Array.from({ length: 30 }, (_, i) => at(i + 1, 2 * HOUR + i));
  const { trace, read } = history([at(40, 10), ...old]);
  expect((await trace()).jobs).toHaveLength(1);
  expect(read()).toBe(1);
  const many = history(
    Array.from({ length: 6 }, (_, i) => at(i + 1, i)).filter(({ submittedAt }) => submittedAt < NOW + 1),
  );
  await expect(many.trace({ to: NOW + 1 })).rejects.toThrow('these hours have more than 5 requests');
});
