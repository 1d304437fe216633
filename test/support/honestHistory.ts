// A short history of a cell with every kind of change in it, written through a store's ports. Invariant: it keeps every promise.
// Used to prove the checker of the promises, and that both stores keep them.

import type {
  Allocation,
  Approval,
  ApprovalId,
  Change,
  Lease,
  ResourceRequest,
} from '../../scheduler/index.ts';
import {
  aConfiguration,
  actorOf,
  aRequest,
  aSubmit,
  type BentCommit,
  CELL,
  requestId,
  StoreCell,
  type StoreUnderTest,
} from './storeCell.ts';

const OWNERS = [
  { department: 'research', agent: 'research-01' },
  { department: 'sales', agent: 'sales-01' },
];
const LICENCES = { pool: 'licence-a', kind: 'license', quantity: 2 } as Partial<Allocation>;
const REVIEW = {
  pool: 'review-a',
  kind: 'review',
  window: 'w1',
  startsAt: 3_900_000_000_000,
} as Partial<Allocation>;

const preemption = { minimumRunSeconds: 0, revocationsMost: 2 };
const classes = [
  { name: 'standard', rank: 0, targetWaitSeconds: 60, maxDurationSeconds: 3600, preemption },
] as const;
const underNew = { record: { configurationRevision: 'cfg_2' } };

/** Requests by what becomes of them. */
const FATES = [
  'waits',
  'lives',
  'released',
  'expires',
  'denied',
  'cancelled',
  'consumes',
  'queued',
  'nominee',
  'onNotice',
  'givenBack',
  'takenBack',
] as const;
type Fates<Row> = Readonly<Record<(typeof FATES)[number], Row>>;

/** Answers with the ids of the requests that were acknowledged. */
export async function writeHonestHistory(store: StoreUnderTest): Promise<readonly string[]> {
  const cell = await StoreCell.open(store, aConfiguration({ classes }));
  const requests = FATES.map((_, n) => aRequest(n + 1, OWNERS[n % OWNERS.length]));
  const outcomes = await store.ports.intakeWriter.write(
    requests.map((request) => aSubmit(request, { key: request.clientRequestId, digest: 'd' })),
  );
  const fates = Object.fromEntries(
    FATES.map((fate, n) => [fate, requests[n]]),
  ) as unknown as Fates<ResourceRequest>;
  const leases = await decideAll(store, cell, fates);
  await liveOn(store, cell, { fates, leases });
  await endSome(store, cell, leases);
  await takeBack(store, cell, { fates, leases });
  await approve(store, cell);
  return requests.filter((_, n) => outcomes[n]?.type === 'accepted').map((request) => request.id);
}

type Leases = Readonly<
  Record<'lives' | 'released' | 'expires' | 'consumes' | 'onNotice' | 'givenBack' | 'takenBack', Lease>
>;

async function decideAll(
  store: StoreUnderTest,
  cell: StoreCell,
  fates: Fates<ResourceRequest>,
): Promise<Leases> {
  const leases: Leases = {
    lives: cell.lease({ request: fates.lives }),
    released: cell.lease({ request: fates.released }),
    expires: cell.lease({ request: fates.expires }),
    consumes: cell.lease({ request: fates.consumes, allocations: [{}, LICENCES, REVIEW] }),
    onNotice: cell.lease({ request: fates.onNotice }),
    givenBack: cell.lease({ request: fates.givenBack }),
    takenBack: cell.lease({ request: fates.takenBack }),
  };
  const waits = (request: ResourceRequest) => [
    cell.opened(request),
    cell.allowed(request),
    cell.decided(request, 'waiting'),
  ];
  await foldAndTick(store, cell, [
    ...waits(fates.waits),
    ...cell.grants(leases.lives, fates.lives),
    ...cell.grants(leases.released, fates.released),
    ...cell.grants(leases.expires, fates.expires),
    cell.opened(fates.denied),
    cell.decided(fates.denied, 'denied'),
    ...waits(fates.cancelled),
    ...cell.grants(leases.consumes, fates.consumes),
    cell.opened(fates.queued),
    ...waits(fates.nominee),
    ...cell.grants(leases.onNotice, fates.onNotice),
    ...cell.grants(leases.givenBack, fates.givenBack),
    ...cell.grants(leases.takenBack, fates.takenBack),
  ]);
  return leases;
}

/** Heartbeats, an extension that is granted, a cancel. */
async function liveOn(
  store: StoreUnderTest,
  cell: StoreCell,
  { fates, leases }: { fates: Fates<ResourceRequest>; leases: Leases },
): Promise<void> {
  const { lives, released, consumes } = leases;
  const item = { cell: CELL, actor: actorOf(fates.lives), idempotency: null };
  const extend = {
    type: 'extend',
    extension: 'ext_1' as never,
    lease: lives.id,
    epoch: cell.epoch,
    seconds: 5,
  } as const;
  await store.ports.intakeWriter.write([
    { ...item, command: extend },
    { ...item, command: { type: 'cancel', request: fates.cancelled.id } },
  ]);
  await foldAndTick(store, cell, [
    ...[lives, released, consumes].map(
      ({ id }): Change => ({ type: 'leaseActivated', lease: id, at: cell.now }),
    ),
    cell.extensionOpened(lives, 'ext_1'),
    ...cell.extensionGranted(lives, 'ext_1'),
    cell.decided(fates.cancelled, 'cancelled'),
  ]);
}

/** A new revision of the configuration, three leases that end, an extension that is refused. */
async function endSome(store: StoreUnderTest, cell: StoreCell, leases: Leases): Promise<void> {
  const { lives, released, expires, consumes } = leases;
  await store.ports.configuration.store(aConfiguration({ revision: 'cfg_2', classes }));
  await cell.tick([...cell.ended(released), ...cell.ended(expires, 'expired', 0)], underNew);
  const refused = {
    type: 'extensionDecided',
    outcome: 'denied',
    endsAt: null,
    reservations: [],
    reasons: [],
  } as const;
  await cell.tick(
    [
      ...cell.ended(consumes),
      cell.extensionOpened(lives, 'ext_2'),
      { ...refused, extension: 'ext_2' as never, lease: lives.id },
    ],
    underNew,
  );
}

/** Three leases on notice for one who waits: one is given back and its wish goes on, one is taken when its grace is over. */
async function takeBack(
  store: StoreUnderTest,
  cell: StoreCell,
  { fates, leases }: { fates: Fates<ResourceRequest>; leases: Leases },
): Promise<void> {
  const { onNotice, givenBack, takenBack } = leases;
  const { id: request, department, agent } = fates.nominee;
  const graceEndsAt = cell.now + 1000;
  const victims = [onNotice, givenBack, takenBack];
  const revocation = { right: 'priority', since: cell.now, graceEndsAt, request, department } as const;
  const units = [{ claim: 0, pool: 'gpu-a' as never, kind: 'gpu', quantity: 3 }];
  const ofEarmark = { request, department, agent, option: 0, units, reservations: [], madeAt: cell.now };
  await cell.tick(
    [
      ...victims.map((lease): Change => ({ type: 'leaseRevoking', lease: lease.id, revocation })),
      {
        type: 'earmarkMade',
        earmark: {
          ...ofEarmark,
          victims: victims.map(({ id: lease }) => ({ lease, right: 'priority' as const, graceEndsAt })),
          graceEndsAt,
        },
      },
      { type: 'leaseFlagged', lease: leases.lives.id, borrowed: ['gpu'] },
    ],
    underNew,
  );
  const acknowledge = { type: 'acknowledge', lease: givenBack.id, epoch: cell.epoch } as const;
  await store.ports.intakeWriter.write([
    { cell: CELL, actor: actorOf(fates.givenBack), idempotency: null, command: acknowledge },
  ]);
  const [ended, ...credits] = cell.ended(givenBack);
  const restart = { of: fates.givenBack.id, revocations: 1, tick: cell.tickNumber + 1 };
  const again = { ...fates.givenBack, id: requestId(90), restart };
  await foldAndTick(
    store,
    cell,
    [{ ...ended, cause: 'acknowledged' } as Change, ...credits, cell.opened(again)],
    underNew,
  );
  cell.now += 1000;
  const [taken, ...more] = cell.ended(takenBack, 'revoked');
  await cell.tick([{ ...taken, cause: 'grace' } as Change, ...more], underNew);
}

/** A request that a reviewer approves in the slot of its review, granted for as long as it may last. */
async function approve(store: StoreUnderTest, cell: StoreCell): Promise<void> {
  const parent = aRequest(95);
  const id = 'apr_1' as ApprovalId;
  const review: ResourceRequest = {
    ...aRequest(96),
    options: [{ claims: [{ kind: 'review', quantity: 1 }] }],
    approvalOf: { approval: id, request: parent.id },
  };
  const obligations = { approvals: [{ skill: 'legal', code: 'C', policy: 'p' }], ttlSeconds: 10 };
  const allowed = cell.allowed(parent) as Extract<Change, { type: 'verdictRecorded' }>;
  const { department, agent, terms } = parent;
  const approval: Approval = {
    ...{ id, request: parent.id, department, agent, skill: 'legal', code: 'C', policy: 'p' },
    ...{ digest: 'd', review: review.id, attempt: 1, slot: null, ruling: null, openedAt: cell.now },
    asked: { ...terms, options: parent.options },
    state: 'seeking',
  };
  const [startsAt, endsAt] = [3_900_000_000_000, 3_900_003_600_000];
  const lease = cell.lease({
    request: review,
    allocations: [{ pool: 'review-a' as never, kind: 'review', window: 'w1', startsAt, endsAt }],
  });
  await store.ports.intakeWriter.write([aSubmit(parent)]);
  await foldAndTick(
    store,
    cell,
    [
      cell.opened(parent),
      { ...allowed, verdict: { ...allowed.verdict, obligations } },
      { type: 'approvalMoved', approval },
      ...cell.grants(lease, review),
      {
        type: 'approvalMoved',
        approval: {
          ...approval,
          state: 'scheduled',
          slot: { lease: lease.id, pool: 'review-a' as never, startsAt, endsAt },
        },
      },
      cell.decided(parent, 'waiting'),
    ],
    underNew,
  );
  const ruled = { type: 'rule', approval: id, digest: 'd', verdict: 'approve', reason: 'fine' } as const;
  const reviewer = { subject: 'head', department: 'law' as never, agent: null };
  await store.ports.intakeWriter.write([{ cell: CELL, actor: reviewer, idempotency: null, command: ruled }]);
  const ruling = { verdict: 'approve', reason: 'fine', by: 'head', department: 'law', at: cell.now } as never;
  const licence = cell.lease({
    request: parent,
    allocations: [{ pool: 'licence-a' as never, kind: 'license' }],
  });
  await foldAndTick(
    store,
    cell,
    [
      { type: 'approvalMoved', approval: { ...approval, state: 'approved', ruling } },
      ...cell.ended(lease),
      ...cell.granted(licence),
    ],
    underNew,
  );
}

async function foldAndTick(
  store: StoreUnderTest,
  cell: StoreCell,
  changes: readonly Change[],
  bent: BentCommit = {},
): Promise<void> {
  const { rows } = await store.ports.intake.take(CELL, 100);
  await cell.tick(changes, { ...bent, intake: rows.map((row) => row.id) });
}
