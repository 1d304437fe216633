// What any store refuses of a tick, with no trace: each promise broken in one way, by a leader that is otherwise honest.
// Run by test/adapters/memory and test/adapters/postgres.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Change, Lease, ResourceRequest } from '../../scheduler/index.ts';
import {
  aRequest,
  aSubmit,
  type BentCommit,
  booked,
  StoreCell,
  type StoreUnderTest,
} from '../support/storeCell.ts';

interface Scene {
  readonly cell: StoreCell;
  /** Granted and live. */
  readonly held: Lease;
  /** Ended. */
  readonly over: Lease;
  /** Open, allowed, waiting. */
  readonly waiting: ResourceRequest;
  /** Denied. */
  readonly denied: ResourceRequest;
  /** Never seen before. */
  readonly fresh: ResourceRequest;
}

type Offence = (scene: Scene) => { readonly changes: readonly Change[]; readonly bent?: BentCommit };

const withReservation = (amount: number) => ({
  reservations: [{ account: 'team', period: '2026-11', amount }] as never,
});

function revoking(lease: Lease, nominee: ResourceRequest | null = null): Change {
  const { id: request = null, department = null } = nominee ?? {};
  const revocation = { right: 'priority', since: 1, graceEndsAt: 2, request, department } as const;
  return { type: 'leaseRevoking', lease: lease.id, revocation };
}

function earmarked({ id: lease }: Lease, { id: request, department, agent }: ResourceRequest): Change {
  const victims = [{ lease, right: 'priority' as const, graceEndsAt: 2 }];
  const owner = { request, department, agent };
  return {
    type: 'earmarkMade',
    earmark: { ...owner, option: 0, units: [], reservations: [], victims, madeAt: 1, graceEndsAt: 2 },
  };
}

const OFFENCES: Readonly<Record<string, Offence>> = {
  'more units than the pool has (S1)': ({ cell, fresh }) => ({
    changes: cell.grants(cell.lease({ request: fresh, allocations: [{ quantity: 8 }] }), fresh),
  }),
  'a dataset that another reads, exclusively (S1)': ({ cell, held, fresh }) => ({
    changes: cell.grants(
      cell.lease({
        request: fresh,
        allocations: [{ ...held.allocations[0]!, quantity: 1, exclusive: true }],
      }),
      fresh,
    ),
  }),
  'units of a pool that is not configured (S1)': ({ cell, fresh }) => ({
    changes: cell.grants(cell.lease({ request: fresh, allocations: [{ pool: 'nowhere' as never }] }), fresh),
  }),
  'more money than the budget has (S2)': ({ cell, fresh }) => ({
    changes: cell.grants(cell.lease({ request: fresh, ...withReservation(995) }), fresh),
  }),
  'an account that is not configured (S2)': ({ cell, fresh }) => ({
    changes: cell.grants(
      cell.lease({ request: fresh, reservations: [{ account: 'x', period: 'y', amount: 1 }] as never }),
      fresh,
    ),
  }),
  'a credit that was given already (S2)': ({ over }) => ({
    changes: [
      booked('refund', over.id, { account: 'team' as never, period: '2026-11', lease: over.id, amount: 1 }),
    ],
  }),
  'a refund of more than is reserved (S2)': ({ held }) => ({
    changes: [
      booked('refund', held.id, { account: 'team' as never, period: '2026-11', lease: held.id, amount: 11 }),
    ],
  }),
  'one reservation booked twice in one tick (S2)': ({ cell, fresh }) => {
    const changes = cell.grants(cell.lease({ request: fresh }), fresh);
    return { changes: [...changes, changes.at(-1)!] };
  },
  'a refund of less than nothing (S2)': ({ held }) => ({
    changes: [
      booked('settle', held.id, { account: 'team' as never, period: '2026-11', lease: held.id, amount: 11 }),
      booked('refund', held.id, { account: 'team' as never, period: '2026-11', lease: held.id, amount: -1 }),
    ],
  }),
  'an entry that is named after another account (S2)': ({ cell, held }) => {
    const [ended, settle, refund] = cell.ended(held) as [Change, Change, Extract<Change, { type: 'ledger' }>];
    return {
      changes: [
        ended,
        settle,
        { ...refund, entry: { ...refund.entry, id: `${held.id}/other/2026-11/refund` } },
      ],
    };
  },
  'an entry of a lease that is not there (S2)': () => ({
    changes: [
      booked('reserve', 'x', {
        account: 'team' as never,
        period: '2026-11',
        lease: 'lse_9_9' as never,
        amount: 1,
      }),
    ],
  }),
  'a second outcome for a request (S3)': ({ cell, denied }) => ({
    changes: [cell.decided(denied, 'cancelled')],
  }),
  'a request that waits again after its outcome (S3)': ({ cell, denied }) => ({
    changes: [cell.decided(denied, 'waiting')],
  }),
  'two outcomes in one tick (S3)': ({ cell, waiting }) => ({
    changes: [cell.decided(waiting, 'denied'), cell.decided(waiting, 'expired')],
  }),
  'a Decision of a request that is not there (S3)': ({ cell, fresh }) => ({
    changes: [cell.decided(fresh, 'denied')],
  }),
  'a request that is opened twice (S3)': ({ cell, waiting }) => ({ changes: [cell.opened(waiting)] }),
  'an intake row that is stamped already (S3)': ({ cell, fresh }) => ({
    changes: [cell.opened(fresh)],
    bent: { intake: [1] },
  }),
  'an intake row that is not there (S3)': ({ cell, fresh }) => ({
    changes: [cell.opened(fresh)],
    bent: { intake: [9_999] },
  }),
  'a grant without its lease (S5)': ({ cell, waiting }) => ({
    changes: cell.granted(cell.lease({ request: waiting })).slice(0, 1),
  }),
  'a lease without its Decision (S5)': ({ cell, waiting }) => ({
    changes: cell.granted(cell.lease({ request: waiting })).slice(1),
  }),
  'a second lease of one request (S5)': ({ cell, held }) => {
    const second = { ...cell.lease({ request: aRequest(1) }), request: held.request };
    return { changes: cell.granted(second).slice(1) };
  },
  'a grant without a verdict (S6)': ({ cell, fresh }) => ({
    changes: [cell.opened(fresh), ...cell.granted(cell.lease({ request: fresh }))],
  }),
  'a grant that the policy denied (S6)': ({ cell, fresh }) => {
    const verdict = { allow: false, codes: ['no'], policyRevision: 'pol_1', dataRevision: 'dat_1' };
    const changes: Change[] = [cell.opened(fresh), { type: 'verdictRecorded', request: fresh.id, verdict }];
    return { changes: [...changes, ...cell.granted(cell.lease({ request: fresh }))] };
  },
  "a lease of another department's request (S6)": ({ cell, fresh }) => ({
    changes: cell.grants({ ...cell.lease({ request: fresh }), department: 'sales' as never }, fresh),
  }),
  'a tick with a number that was used (S8)': ({ cell, fresh }) => ({
    changes: [cell.opened(fresh)],
    bent: { record: { tick: 1, digest: 'another' }, events: [] },
  }),
  'a tick that is not chained to the one before (S8)': ({ cell, fresh }) => ({
    changes: [cell.opened(fresh)],
    bent: { record: { previousDigest: 'another' } },
  }),
  'a lease with an epoch that is not the commit’s (S8)': ({ cell, fresh }) => ({
    changes: cell.grants({ ...cell.lease({ request: fresh }), epoch: cell.epoch + 1 }, fresh),
  }),
  'a lease that ends twice (S9)': ({ cell, over }) => ({ changes: cell.ended(over).slice(0, 1) }),
  'a lease that is active after its end (S9)': ({ cell, over }) => ({
    changes: [{ type: 'leaseActivated', lease: over.id, at: cell.now }],
  }),
  'a lease that is revoked without notice (S9)': ({ cell, held }) => ({
    changes: cell.ended(held, 'revoked').slice(0, 1),
  }),
  'a lease that is revoked twice (S9)': ({ held }) => ({ changes: [revoking(held), revoking(held)] }),
  'units held for a request that does not wait (S13)': ({ held, denied }) => ({
    changes: [revoking(held, denied), earmarked(held, denied)],
  }),
  'units held for a request that the tick ends (S13)': ({ cell, held, waiting }) => ({
    changes: [revoking(held, waiting), earmarked(held, waiting), cell.decided(waiting, 'cancelled')],
  }),
  'units held by a lease that is revoked for another (S13)': ({ held, waiting, denied }) => ({
    changes: [revoking(held, denied), earmarked(held, waiting)],
  }),
  'units held twice for one request (S13)': ({ held, waiting }) => ({
    changes: [revoking(held, waiting), earmarked(held, waiting), earmarked(held, waiting)],
  }),
  'an earmark that ends and is not there (S13)': ({ waiting }) => ({
    changes: [{ type: 'earmarkEnded', request: waiting.id, end: 'dropped' }],
  }),
  'an extension that is decided twice (S3)': ({ cell, held }) => ({
    changes: cell.extensionGranted(held, 'ext_denied'),
  }),
  'a lease that would end earlier (S9)': ({ cell, held }) => {
    const [decided, ...ledger] = cell.extensionGranted(held, 'ext_new') as [
      Extract<Change, { type: 'extensionDecided' }>,
      ...Change[],
    ];
    return {
      changes: [cell.extensionOpened(held, 'ext_new'), { ...decided, endsAt: held.endsAt - 1 }, ...ledger],
    };
  },
  'events with a gap (S10)': ({ cell, denied, waiting }) => {
    const { events } = cell.compose([cell.decided(waiting, 'waiting'), cell.decided(denied, 'waiting')]);
    return { changes: [cell.decided(waiting, 'waiting')], bent: { events: events.slice(1) } };
  },
  'an event of another tick (S10)': ({ cell, waiting }) => {
    const { events } = cell.compose([cell.decided(waiting, 'waiting')]);
    return {
      changes: [cell.decided(waiting, 'waiting')],
      bent: { events: events.map((event) => ({ ...event, tick: 1 })) },
    };
  },
  'a revision of the configuration that is not stored (S14)': ({ cell, fresh }) => ({
    changes: [cell.opened(fresh)],
    bent: { record: { configurationRevision: 'cfg_unknown' } },
  }),
};

export const tickRefusalsContract = (name: string, makeStore: () => Promise<StoreUnderTest>) =>
  describe(`the tick store in ${name} refuses`, () => {
    let store: StoreUnderTest;
    let scene: Scene;
    beforeAll(async () => {
      store = await makeStore();
      scene = await setScene(store);
    });
    afterAll(() => store.close());

    it.each(Object.keys(OFFENCES))('%s', async (offence) => {
      const before = await store.dump();
      const { changes, bent } = OFFENCES[offence]!(scene);
      await expect(scene.cell.tick(changes, bent)).rejects.toThrow(brokenBy(offence));
      expect(await store.dump()).toEqual(before);
    });

    it('nothing of an honest tick after all these', async () => {
      const { cell, waiting } = scene;
      await cell.tick(cell.granted(cell.lease({ request: waiting })));
      expect((await store.ports.readers.request({ type: 'all' } as never, waiting.id))?.state).toBe(
        'granted',
      );
    });
  });

/** The promise is named by the refusal, by the constraint that made it, or it is a key that is taken. */
function brokenBy(offence: string): RegExp {
  const promise = /\((S\d+)\)$/.exec(offence)![1]!;
  const taken = 'unique constraint "(?:request|ledger)_pkey"|is there already|in one tick';
  return new RegExp(`^${promise}: |constraint "${promise.toLowerCase()}_|${taken}`);
}

async function setScene(store: StoreUnderTest): Promise<Scene> {
  const cell = await StoreCell.open(store);
  const requests = [1, 2, 3, 4].map((n) => aRequest(n));
  const [first, second, waiting, denied] = requests as [
    ResourceRequest,
    ResourceRequest,
    ResourceRequest,
    ResourceRequest,
  ];
  const [held, over] = [cell.lease({ request: first }), cell.lease({ request: second })];
  await store.ports.intakeWriter.write(requests.map((request) => aSubmit(request)));
  const { rows } = await store.ports.intake.take('main', 10);
  await cell.tick(
    [
      ...cell.grants(held, first),
      ...cell.grants(over, second),
      cell.opened(waiting),
      cell.allowed(waiting),
      cell.decided(waiting, 'waiting'),
      cell.opened(denied),
      cell.decided(denied, 'denied'),
    ],
    { intake: rows.map((row) => row.id) },
  );
  const refused = {
    type: 'extensionDecided',
    extension: 'ext_denied',
    lease: held.id,
    outcome: 'denied',
  } as never;
  await cell.tick([
    ...cell.ended(over),
    cell.extensionOpened(held, 'ext_denied'),
    { ...(refused as object), endsAt: null, reservations: [], reasons: [] } as never,
  ]);
  return { cell, held, over, waiting, denied, fresh: aRequest(5) };
}
