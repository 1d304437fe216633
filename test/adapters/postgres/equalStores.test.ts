// The two stores and the leader's memory, told the same random histories: what they hold afterwards is the same, and keeps the promises.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoreDump } from '../../../adapters/memory/store.ts';
import { apply } from '../../../scheduler/domain/apply.ts';
import type { Change, Lease, ResourceRequest, State } from '../../../scheduler/index.ts';
import { checkPromises } from '../../support/promises.ts';
import { aRequest, aSubmit, CELL, StoreCell, type StoreUnderTest } from '../../support/storeCell.ts';
import { memoryStore, type PostgresUnderTest, postgresStore } from '../../support/stores.ts';

const ACTS = [
  'submit',
  'submit',
  'grant',
  'grant',
  'wait',
  'deny',
  'cancel',
  'activate',
  'release',
  'expire',
  'extend',
  'refuse',
] as const;
type Act = (typeof ACTS)[number];
/** An act on the n-th of what it can act on. */
type Step = readonly [act: Act, n: number];

const step = fc.tuple(fc.constantFrom(...ACTS), fc.nat(5));
const steps = fc.array(fc.array(step, { minLength: 2, maxLength: 12 }), { minLength: 4, maxLength: 10 });

/** Which requests and leases can be acted on; each once a tick, as one tick knows one life of each. */
class History {
  readonly #cell: StoreCell;
  #requests = 0;
  #extensions = 0;
  readonly #open = new Map<ResourceRequest, 'queued' | 'waiting'>();
  readonly #live = new Map<Lease, 'granted' | 'active'>();

  constructor(cell: StoreCell) {
    this.#cell = cell;
  }

  /** The changes of one tick, and the submits that it folds. */
  tick(list: readonly Step[]): { changes: Change[]; submits: ResourceRequest[] } {
    const submits: ResourceRequest[] = [];
    const touched = new Set<unknown>();
    const changes = list.flatMap(([act, n]): Change[] => {
      if (act === 'submit') {
        this.#requests += 1;
        const request = aRequest(this.#requests);
        submits.push(request);
        this.#open.set(request, 'queued');
        return [this.#cell.opened(request), this.#cell.allowed(request)];
      }
      return this.#actOn(act, n, touched);
    });
    return { changes, submits };
  }

  #actOn(act: Exclude<Act, 'submit'>, n: number, touched: Set<unknown>): Change[] {
    const pick = <Row>(rows: Iterable<Row>): Row | undefined => {
      const free = [...rows].filter((row) => !touched.has(row));
      const row = free[n % Math.max(1, free.length)];
      if (row !== undefined) touched.add(row);
      return row;
    };
    const onRequest = act === 'grant' || act === 'wait' || act === 'deny' || act === 'cancel';
    if (onRequest) {
      const request = pick(this.#open.keys());
      return request ? this.#decide(act, request) : [];
    }
    const lease = pick(this.#live.keys());
    return lease ? this.#move(act, lease) : [];
  }

  #decide(act: 'grant' | 'wait' | 'deny' | 'cancel', request: ResourceRequest): Change[] {
    if (act === 'wait') {
      this.#open.set(request, 'waiting');
      return [this.#cell.decided(request, 'waiting')];
    }
    if (act === 'grant' && this.#live.size >= 8) return [];
    this.#open.delete(request);
    if (act !== 'grant') return [this.#cell.decided(request, act === 'deny' ? 'denied' : 'cancelled')];
    const lease = this.#cell.lease({ request });
    this.#live.set(lease, 'granted');
    return this.#cell.granted(lease);
  }

  #move(act: 'activate' | 'release' | 'expire' | 'extend' | 'refuse', lease: Lease): Change[] {
    switch (act) {
      case 'activate':
        if (this.#live.get(lease) === 'active') return [];
        this.#live.set(lease, 'active');
        return [{ type: 'leaseActivated', lease: lease.id, at: this.#cell.now }];
      case 'release':
      case 'expire':
        this.#live.delete(lease);
        return this.#cell.ended(lease, act === 'release' ? 'released' : 'expired');
      case 'extend':
      case 'refuse':
        return this.#extend(act, lease);
      default: {
        const never: never = act;
        throw new Error(`unknown act ${String(never)}`);
      }
    }
  }

  #extend(act: 'extend' | 'refuse', lease: Lease): Change[] {
    this.#extensions += 1;
    const id = `ext_${this.#extensions}`;
    const opened = this.#cell.extensionOpened(lease, id);
    const refused = {
      type: 'extensionDecided',
      outcome: 'denied',
      endsAt: null,
      reservations: [],
      reasons: [],
    } as const;
    if (act === 'refuse') return [opened, { ...refused, extension: id as never, lease: lease.id }];
    const longer = {
      ...lease,
      endsAt: lease.endsAt + 5_000,
      reservations: lease.reservations.map((each) => ({ ...each, amount: each.amount + 5 })),
    };
    const state = this.#live.get(lease)!;
    this.#live.delete(lease);
    this.#live.set(longer, state);
    return [opened, ...this.#cell.extensionGranted(lease, id)];
  }
}

describe('two stores and the leader’s memory', () => {
  let postgres: PostgresUnderTest;
  beforeAll(async () => {
    postgres = await postgresStore();
  });
  afterAll(() => postgres.close());

  /** Past the guards, which forbid it: each run begins with nothing. Deleting few rows takes a tenth of truncating many tables. */
  const empty = () =>
    postgres.query(`do $$
      declare name text;
      begin
        set local session_replication_role = replica;
        for name in select relname from pg_class
          where relnamespace = 'public'::regnamespace and relkind = 'r' and relname !~ 'transition|migration'
        loop execute format('delete from %I', name); end loop;
        alter sequence intake_id_seq restart;
      end $$`);

  it('hold the same after the same history', async () => {
    const seen = { live: 0, ended: 0, extended: 0, terminal: 0, waiting: 0 };
    await fc.assert(
      fc.asyncProperty(steps, async (ticks) => {
        await empty();
        const memory = await memoryStore();
        const [a, b] = [await play(memory, ticks), await play(postgres, ticks)];
        const dumps = [await memory.dump(), await postgres.dump()];
        expect(comparableDump(dumps[1]!)).toEqual(comparableDump(dumps[0]!));
        expect(checkPromises(dumps[0]!)).toEqual([]);
        seen.live += dumps[0]!.lease.filter((lease) => lease.ended_at_ms === null).length;
        seen.ended += dumps[0]!.lease.filter((lease) => lease.ended_at_ms !== null).length;
        seen.extended += dumps[0]!.extension.filter((extension) => extension.outcome === 'granted').length;
        seen.terminal += dumps[0]!.request.filter((request) => request.decided_tick !== null).length;
        seen.waiting += dumps[0]!.request.filter((request) => request.state === 'waiting').length;
        expect(checkPromises(dumps[1]!)).toEqual([]);
        expect(comparableState(await memory.ports.stateSource.load(CELL, 1))).toEqual(comparableState(a));
        expect(comparableState(await postgres.ports.stateSource.load(CELL, 1))).toEqual(comparableState(b));
      }),
      { numRuns: 30, seed: 20261123 },
    );
    // The histories were worth telling.
    for (const [kind, count] of Object.entries(seen)) expect([kind, count > 10]).toEqual([kind, true]);
  });

  async function play(store: StoreUnderTest, ticks: readonly (readonly Step[])[]): Promise<State> {
    const cell = await StoreCell.open(store);
    const state = await store.ports.stateSource.load(CELL, cell.epoch);
    const history = new History(cell);
    for (const list of ticks) {
      const { changes, submits } = history.tick(list);
      await store.ports.intakeWriter.write(
        submits.map((request) => aSubmit(request, { key: request.clientRequestId, digest: 'd' })),
      );
      const { rows } = await store.ports.intake.take(CELL, 100);
      await cell.tick(changes, { intake: rows.map((row) => row.id) });
      for (const change of changes) apply(state, change);
      state.tick = cell.tickNumber;
      state.tickDigest = cell.digest;
      state.eventSequence = cell.sequence;
      cell.now += 1000;
    }
    return state;
  }
});

/** Without the columns that one store alone has, and without each store's own clock. */
function comparableDump(dump: StoreDump): unknown {
  const ours = new Set([
    'stored_at_ms',
    'locked',
    'renewed_at_ms',
    'expires_at_ms',
    'holder',
    'received_at_ms',
    'committed_at_ms',
    'bytes',
    'capacities',
    'budgets',
  ]);
  const tables = Object.entries(dump).map(([table, rows]) => {
    const kept = rows.map((row: object) =>
      Object.fromEntries(
        Object.entries(row).filter(
          ([column]) => !ours.has(column) && !(table === 'audit' && column === 'digest'),
        ),
      ),
    );
    return [
      table,
      kept.sort((a: object, b: object) => (JSON.stringify(sorted(a)) < JSON.stringify(sorted(b)) ? -1 : 1)),
    ];
  });
  return Object.fromEntries(tables);
}

function sorted(row: object): unknown {
  return Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A map with a zero says the same as one without. */
function comparableState(state: State): unknown {
  return {
    ...state,
    // Kept until the events of a tick are told; these ticks have none told by the scheduler.
    justEnded: new Map(),
    used: new Map([...state.used].filter(([, units]) => units > 0)),
    quotaUse: new Map([...state.quotaUse].filter(([, units]) => units > 0)),
    accounts: new Map([...state.accounts].filter(([, use]) => use.reserved + use.spent > 0)),
    requests: [...state.requests],
  };
}
