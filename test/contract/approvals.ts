// What any store promises of obligations and approvals: they are written with their tick, a new leader finds what still matters, they move
// forward alone, and no grant is without the approvals of its verdict. Run by test/adapters/memory and test/adapters/postgres.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Approval, ApprovalId, ApprovalState, Change, Obligations } from '../../scheduler/index.ts';
import {
  ALL,
  aRequest,
  CELL,
  departmentScope,
  requestId,
  StoreCell,
  type StoreUnderTest,
} from '../support/storeCell.ts';

const DUTIES: Obligations = {
  approvals: [{ skill: 'legal', code: 'NEEDS_LEGAL', policy: 'p' }],
  ttlSeconds: 5,
  labels: { a: 'b' },
};

export const approvalsContract = (name: string, makeStore: () => Promise<StoreUnderTest>) =>
  describe(`approvals in ${name}`, () => {
    let store: StoreUnderTest;
    let cell: StoreCell;
    beforeEach(async () => {
      store = await makeStore();
      cell = await StoreCell.open(store);
    });
    afterEach(() => store.close());

    const request = aRequest(1);
    const approval = (state: ApprovalState, change: Partial<Approval> = {}): Approval => ({
      id: `apr_${request.id.slice(4)}_1_0` as ApprovalId,
      request: request.id,
      department: request.department,
      agent: request.agent,
      skill: 'legal',
      code: 'NEEDS_LEGAL',
      policy: 'p',
      state,
      digest: 'd',
      asked: {
        options: request.options,
        purpose: 'training',
        summary: '',
        class: 'standard',
        classification: 'internal',
        durationSeconds: 10,
      },
      review: requestId(9),
      attempt: 1,
      slot: null,
      ruling: null,
      openedAt: 5,
      ...change,
    });
    const moved = (state: ApprovalState, change: Partial<Approval> = {}): Change => ({
      type: 'approvalMoved',
      approval: approval(state, change),
    });
    const obliged = (obligations?: Obligations): Change => {
      const allowed = cell.allowed(request) as Extract<Change, { type: 'verdictRecorded' }>;
      return { ...allowed, verdict: { ...allowed.verdict, ...(obligations && { obligations }) } };
    };
    const load = () => store.ports.stateSource.load(CELL, cell.epoch);

    it('are found by a new leader as they were written last, in one tick or in several', async () => {
      await cell.tick([cell.opened(request), obliged(DUTIES), moved('seeking'), moved('scheduled')]);
      let state = await load();
      expect([...state.approvals.values()]).toEqual([approval('scheduled')]);
      expect(state.requests.get(request.id)?.verdict?.obligations).toEqual(DUTIES);
      await cell.tick([moved('seeking', { attempt: 2 })]);
      state = await load();
      expect([...state.approvals.values()]).toEqual([approval('seeking', { attempt: 2 })]);
    });

    it('go with the verdict that obliges to nothing any more, and when they are over', async () => {
      await cell.tick([cell.opened(request), obliged(DUTIES), moved('seeking')]);
      await cell.tick([obliged(), moved('dropped')]);
      const state = await load();
      expect(state.approvals.size).toBe(0);
      expect(state.requests.get(request.id)?.verdict).not.toHaveProperty('obligations');
    });

    it('are told by who reads the one request, and of nobody else’s', async () => {
      await cell.tick([cell.opened(request), obliged(DUTIES), moved('seeking')]);
      const { readers } = store.ports;
      expect(await readers.request(ALL, request.id)).toMatchObject({ obligations: DUTIES });
      expect(await readers.request(departmentScope('nobody'), request.id)).toBeNull();
      await cell.tick([obliged(), moved('dropped')]);
      expect(await readers.request(ALL, request.id)).not.toHaveProperty('obligations');
    });

    it('stay with the lease that was granted under them', async () => {
      await cell.tick([cell.opened(request), obliged(DUTIES), moved('seeking'), moved('scheduled')]);
      const lease = cell.lease({ request });
      await cell.tick([moved('approved'), ...cell.granted(lease)]);
      let state = await load();
      expect([...state.approvals.values()]).toEqual([approval('approved')]);
      expect(state.heldUnder?.get(request.id)).toEqual(DUTIES);
      await cell.tick(cell.ended(lease));
      state = await load();
      expect([state.approvals.size, state.heldUnder?.size ?? 0]).toEqual([0, 0]);
    });

    it.each<[string, () => Change[][]]>([
      [
        'an approval that moves back',
        () => [[moved('seeking'), moved('scheduled')], [moved('rejected')], [moved('approved')]],
      ],
      ['an approval that skips its slot', () => [[moved('seeking')], [moved('approved')]]],
      ['an approval of another digest', () => [[moved('seeking')], [moved('scheduled', { digest: 'e' })]]],
      ['a grant without the approval', () => [[obliged(DUTIES)], cell.granted(cell.lease({ request }))]],
      [
        'a grant with an approval of another skill',
        () => [
          [obliged(DUTIES), moved('approved', { skill: 'data' })],
          cell.granted(cell.lease({ request })),
        ],
      ],
    ])('%s is refused, whole', async (_, ticks) => {
      await cell.tick([cell.opened(request)]);
      const [last, ...before] = ticks().reverse();
      for (const changes of before.reverse()) await cell.tick(changes);
      const was = await store.dump();
      await expect(cell.tick(last!)).rejects.toThrow(/S3|S6/);
      expect(await store.dump()).toEqual(was);
    });
  });
