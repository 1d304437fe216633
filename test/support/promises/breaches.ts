// Breaches to plant in an honest dump, each with the promise that it breaks. Used to prove the checker of the promises.

import type { StoreDump } from '../../../adapters/memory/store.ts';
import type { PromiseName } from '../promises.ts';
import { APPROVAL_BREACHES } from './approvalBreaches.ts';
import { PROMISED_BREACHES } from './promisedBreaches.ts';

type Mutable<Row> = { -readonly [Field in keyof Row]: Row[Field] };
export type MutableDump = { [Table in keyof StoreDump]: Mutable<StoreDump[Table][number]>[] };
export type Breach = readonly [what: string, promise: PromiseName, plant: (dump: MutableDump) => unknown];

const leaseOf = (dump: MutableDump, state: string) => dump.lease.find((lease) => lease.state === state)!;
const requestOf = (dump: MutableDump, state: string) =>
  dump.request.find((request) => request.state === state)!;
const eventOf = (dump: MutableDump, part: string) =>
  dump.event.findIndex((event) => event.type.includes(part));
const set = <Row extends object>(row: Row, fields: Partial<Row>) => Object.assign(row, fields);
const without = <Row>(rows: Row[], index: number) => rows.splice(index, 1);
const last = <Row>(rows: readonly Row[]) => rows.at(-1)!;

const victimOf = (dump: MutableDump) =>
  dump.request.find(({ id }) => id === leaseOf(dump, 'revoking').request_id)!;
const bent = (
  document: StoreDump['request'][number]['document'],
  terms: Partial<(typeof document)['terms']>,
) => ({ ...document, terms: { ...document.terms, ...terms } });

export const BREACHES: readonly Breach[] = [
  [
    'a pool counts one unit too many',
    'S9',
    (dump) => set(dump.capacity_use[0]!, { used: dump.capacity_use[0]!.used + 1 }),
  ],
  [
    'a pool counts one unit too few',
    'S9',
    (dump) => set(dump.capacity_use[0]!, { used: dump.capacity_use[0]!.used - 1 }),
  ],
  [
    'a lease held more than the pool has',
    'S1',
    (dump) =>
      set(leaseOf(dump, 'released'), {
        allocations: [{ ...leaseOf(dump, 'released').allocations[0]!, quantity: 100 }],
      }),
  ],
  [
    'a lease holds half a unit',
    'S1',
    (dump) =>
      set(leaseOf(dump, 'active'), {
        allocations: [{ ...leaseOf(dump, 'active').allocations[0]!, quantity: 0.5 }],
      }),
  ],
  [
    'a lease holds a pool that is not counted',
    'S1',
    (dump) =>
      set(leaseOf(dump, 'active'), {
        allocations: [{ ...leaseOf(dump, 'active').allocations[0]!, pool: 'x' as never }],
      }),
  ],
  [
    'a lease holds alone what another reads',
    'S1',
    (dump) =>
      set(leaseOf(dump, 'released'), {
        allocations: [{ ...leaseOf(dump, 'released').allocations[0]!, exclusive: true }],
      }),
  ],
  ['a pool is marked as held alone', 'S9', (dump) => set(dump.capacity_use[0]!, { exclusive: true })],
  [
    'an account counts other than its ledger',
    'S2',
    (dump) => set(dump.account_use[0]!, { spent: dump.account_use[0]!.spent + 1 }),
  ],
  [
    'an account is reserved beyond its budget',
    'S2',
    (dump) =>
      dump.configuration_revision.map((row) =>
        set(row, {
          document: {
            ...row.document,
            accounts: [
              {
                ...row.document.accounts[0]!,
                periods: [{ ...row.document.accounts[0]!.periods[0]!, budget: 20 }],
              },
            ],
          },
        }),
      ),
  ],
  [
    'a refund is missing',
    'S2',
    (dump) =>
      without(
        dump.ledger,
        dump.ledger.findIndex((entry) => entry.type === 'refund'),
      ),
  ],
  [
    'a refund is there twice',
    'S2',
    (dump) => dump.ledger.push({ ...dump.ledger.find((entry) => entry.type === 'refund')! }),
  ],
  [
    'a refund has one line twice',
    'S2',
    (dump) => {
      const refund = dump.ledger.find((entry) => entry.type === 'refund')!;
      const twice = <Value>(column: readonly Value[]): Value[] => [...column, column[0]!];
      set(refund, {
        accounts: twice(refund.accounts),
        periods: twice(refund.periods),
        amounts: twice(refund.amounts),
      });
    },
  ],
  [
    'a refund gives less than was left',
    'S2',
    (dump) => set(dump.ledger.find((entry) => entry.type === 'refund')!, { amounts: [1] }),
  ],
  [
    'a refund has a line without an amount',
    'S2',
    (dump) => set(dump.ledger.find((entry) => entry.type === 'refund')!, { amounts: [] }),
  ],
  [
    'a refund has another name',
    'S2',
    (dump) => set(dump.ledger.find((entry) => entry.type === 'refund')!, { source_id: 'x' }),
  ],
  [
    'a live lease is credited',
    'S2',
    (dump) =>
      dump.ledger.push({
        ...dump.ledger[0]!,
        source_id: leaseOf(dump, 'active').id,
        type: 'refund',
        lease_id: leaseOf(dump, 'active').id,
        amounts: [1],
      }),
  ],
  [
    'a reservation is not in the ledger',
    'S5',
    (dump) =>
      without(
        dump.ledger,
        dump.ledger.findIndex((entry) => entry.type === 'reserve'),
      ),
  ],
  [
    'an extension’s reservation is not in the ledger',
    'S5',
    (dump) =>
      without(
        dump.ledger,
        dump.ledger.findIndex((entry) => entry.source_id === 'ext_1'),
      ),
  ],
  [
    'a reservation has another name',
    'S5',
    (dump) => set(dump.ledger.find((entry) => entry.type === 'reserve')!, { source_id: 'x' }),
  ],
  ['a reservation is of no lease', 'S5', (dump) => set(dump.ledger[0]!, { lease_id: 'x' })],
  ['a request has two leases', 'S3', (dump) => dump.lease.push({ ...dump.lease[0]!, id: 'lse_x' })],
  [
    'a terminal event comes twice',
    'S3',
    (dump) =>
      dump.event.push({
        ...dump.event[eventOf(dump, 'request.denied')]!,
        sequence: dump.event.length + 1,
        id: 'evt_x',
        tick: last(dump.tick).tick,
      }),
  ],
  ['a request is denied for no reason', 'S3', (dump) => set(requestOf(dump, 'denied'), { reasons: [] })],
  [
    'two open requests share a place',
    'S3',
    (dump) => set(requestOf(dump, 'queued'), { sequence: requestOf(dump, 'waiting').sequence }),
  ],
  [
    'an undecided request has a Decision',
    'S3',
    (dump) => set(requestOf(dump, 'denied'), { state: 'queued' }),
  ],
  [
    'a key names another row',
    'S4',
    (dump) => set(dump.submit_key[0]!, { intake_id: dump.submit_key[0]!.intake_id + 1 }),
  ],
  ['a submit was taken in twice', 'S4', (dump) => dump.intake.push({ ...dump.intake[0]!, id: 99 })],
  [
    'a row was folded and not opened',
    'S5',
    (dump) => without(dump.request, dump.request.indexOf(requestOf(dump, 'queued'))),
  ],
  ['a request came from nowhere', 'S5', (dump) => without(dump.intake, 0)],
  ['a row is stamped by no tick', 'S5', (dump) => set(last(dump.intake), { tick: 99 })],
  ['a grant has no lease', 'S5', (dump) => without(dump.lease, dump.lease.indexOf(leaseOf(dump, 'active')))],
  [
    'a lease has no Decision',
    'S5',
    (dump) => {
      const request = dump.request.find(({ id }) => id === leaseOf(dump, 'active').request_id)!;
      Object.assign(request, {
        state: 'denied',
        lease_id: null,
        reasons: [{ code: 'NEXT_TICK', option: 0 }],
      });
    },
  ],
  [
    'a lease was granted by another tick than its Decision',
    'S5',
    (dump) => set(leaseOf(dump, 'active'), { granted_tick: leaseOf(dump, 'active').granted_tick + 1 }),
  ],
  [
    'a lease has no allow',
    'S6',
    (dump) =>
      set(dump.request.find(({ id }) => id === leaseOf(dump, 'active').request_id)!, {
        verdict_allow: false,
      }),
  ],
  [
    'a lease has an allow of another policy',
    'S6',
    (dump) =>
      set(dump.request.find(({ id }) => id === leaseOf(dump, 'active').request_id)!, {
        verdict_policy_revision: 'pol_0',
      }),
  ],
  [
    'a lease has an allow of other data',
    'S6',
    (dump) =>
      set(dump.request.find(({ id }) => id === leaseOf(dump, 'active').request_id)!, {
        verdict_data_revision: 'dat_0',
      }),
  ],
  ['a lease crossed departments', 'S7', (dump) => set(leaseOf(dump, 'active'), { department_id: 'finance' })],
  [
    'an event is told to another department',
    'S7',
    (dump) => set(dump.event[0]!, { department_id: 'finance' }),
  ],
  [
    'a request is filed under another department',
    'S7',
    (dump) => set(requestOf(dump, 'queued'), { department_id: 'finance' }),
  ],
  ['a tick is missing', 'S8', (dump) => without(dump.tick, 1)],
  ['an epoch falls', 'S8', (dump) => set(last(dump.tick), { epoch: 0 })],
  ['a tick is chained to another', 'S8', (dump) => set(dump.tick[1]!, { previous_digest: 'x' })],
  ['a record is another tick’s', 'S8', (dump) => set(dump.tick[1]!, { record: dump.tick[2]!.record })],
  ['an epoch committed that was never elected', 'S8', (dump) => set(dump.leader[0]!, { epoch: 0 })],
  ['a lease carries another epoch', 'S8', (dump) => set(leaseOf(dump, 'active'), { epoch: 7 })],
  ['an event carries another epoch', 'S8', (dump) => set(dump.event[0]!, { epoch: 7 })],
  ['the head is not what the last tick left', 'S8', (dump) => set(dump.cell_head[0]!, { tick_digest: 'x' })],
  ['the head forgot folds', 'S8', (dump) => set(dump.cell_head[0]!, { fold_sequence: 1 })],
  ['a released lease has no end', 'S9', (dump) => set(leaseOf(dump, 'released'), { ended_at_ms: null })],
  ['a live lease has an end', 'S9', (dump) => set(leaseOf(dump, 'active'), { ended_at_ms: 5 })],
  ['an active lease never began', 'S9', (dump) => set(leaseOf(dump, 'active'), { activated_at_ms: null })],
  [
    'an ended lease is live again',
    'S9',
    (dump) => set(leaseOf(dump, 'released'), { state: 'active', ended_at_ms: null, ended_tick: null }),
  ],
  [
    'an activation is told twice',
    'S9',
    (dump) =>
      dump.event.push({
        ...dump.event[eventOf(dump, 'activated')]!,
        sequence: dump.event.length + 1,
        id: 'evt_x',
        tick: last(dump.tick).tick,
      }),
  ],
  ['an event number is missing', 'S10', (dump) => without(dump.event, 2)],
  [
    'an event number is used twice',
    'S10',
    (dump) => set(dump.event[3]!, { sequence: dump.event[2]!.sequence }),
  ],
  ['an event id is used twice', 'S10', (dump) => set(dump.event[3]!, { id: dump.event[2]!.id })],
  ['events are out of order', 'S10', (dump) => set(dump.event[0]!, { tick: 2 })],
  ['an event tells of a dropped tick', 'S10', (dump) => set(last(dump.event), { tick: 99 })],
  [
    'a Decision is not told',
    'S10',
    (dump) => set(dump.event[eventOf(dump, 'request.cancelled')]!, { type: 'annona.request.expired.v1' }),
  ],
  [
    'a lease’s end is not told',
    'S10',
    (dump) => set(dump.event[eventOf(dump, 'lease.released')]!, { lease_id: null }),
  ],
  [
    'an activation is not told',
    'S10',
    (dump) => set(dump.event[eventOf(dump, 'activated')]!, { type: 'annona.lease.extended.v1' }),
  ],
  [
    'an extension is not told',
    'S10',
    (dump) => set(dump.event[eventOf(dump, 'extended')]!, { type: 'annona.lease.activated.v1' }),
  ],
  [
    'the head counts other events',
    'S10',
    (dump) => set(dump.cell_head[0]!, { event_sequence: dump.cell_head[0]!.event_sequence + 1 }),
  ],
  ['an audit entry is missing', 'S11', (dump) => without(dump.audit, 2)],
  ['an audit entry tells of another', 'S11', (dump) => set(dump.audit[2]!, { object_id: 'x' })],
  ['the last audit entry is cut off', 'S11', (dump) => dump.audit.pop()],
  ['the ledger books half a unit', 'S2', (dump) => set(dump.ledger[0]!, { amounts: [0.5] })],
  ['an account counts less than nothing', 'S2', (dump) => set(dump.account_use[0]!, { reserved: -1 })],
  ['an account with entries is not counted', 'S2', (dump) => without(dump.account_use, 0)],
  ['a lease ended before its grant', 'S9', (dump) => set(leaseOf(dump, 'released'), { ended_tick: 0 })],
  ['a lease ends before its grant', 'S9', (dump) => set(leaseOf(dump, 'active'), { ends_at_ms: 0 })],
  ['a request was opened by no tick', 'S5', (dump) => set(requestOf(dump, 'queued'), { opened_tick: 99 })],
  [
    'a request was decided before it was opened',
    'S5',
    (dump) => set(requestOf(dump, 'cancelled'), { opened_tick: 3 }),
  ],
  ['a denied request has a lease', 'S5', (dump) => set(requestOf(dump, 'denied'), { lease_id: 'x' })],
  [
    'an extension’s outcome is not told',
    'S10',
    (dump) => set(last(dump.extension), { outcome: 'granted', ends_at_ms: 1 }),
  ],
  [
    'a lease was taken back before its grace was over',
    'S13',
    (dump) => set(leaseOf(dump, 'revoked'), { ended_at_ms: leaseOf(dump, 'revoked').ended_at_ms! - 1000 }),
  ],
  [
    'a revocation was acknowledged by nobody',
    'S13',
    (dump) => set(dump.intake.find(({ act }) => act === 'acknowledge')!, { object_id: 'x' }),
  ],
  [
    'a lease was taken back without notice',
    'S13',
    (dump) => set(leaseOf(dump, 'revoking'), { revocation: null }),
  ],
  [
    'a lease was taken back that is not preemptible',
    'S13',
    (dump) => set(victimOf(dump), { document: bent(victimOf(dump).document, { preemptible: false }) }),
  ],
  [
    'a lease was taken back before its minimum run',
    'S13',
    (dump) =>
      set(leaseOf(dump, 'revoking'), { revocation: { ...leaseOf(dump, 'revoking').revocation!, since: 0 } }),
  ],
  [
    'a wish was taken from more often than may be',
    'S13',
    (dump) =>
      set(victimOf(dump), {
        document: {
          ...victimOf(dump).document,
          restart: { of: victimOf(dump).document.id, revocations: 2, tick: 1 },
        },
      }),
  ],
  ['units are held for one who does not wait', 'S13', (dump) => set(dump.earmark[0]!, { request_id: 'x' })],
  [
    'units are held for one who counts on another’s lease',
    'S13',
    (dump) =>
      set(leaseOf(dump, 'revoking'), {
        revocation: { ...leaseOf(dump, 'revoking').revocation!, request: null },
      }),
  ],
  ...PROMISED_BREACHES,
  ...APPROVAL_BREACHES,
];
