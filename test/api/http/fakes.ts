// Ports of the edge in a few maps. Each checks what it is called with: an item that the store could not take fails the test here.

import type {
  CallIdempotency,
  ConfigurationStore,
  EventLog,
  ExtensionView,
  HeartbeatOutcome,
  Identity,
  IntakeItem,
  IntakeOutcome,
  KnownSubmit,
  LeaseView,
  Page,
  PageQuery,
  Principal,
  RequestView,
  Scope,
} from '../../../api/ports.ts';
import {
  type DomainEvent,
  qualityOf,
  type RequestId,
  ROLES,
  type TickRecord,
} from '../../../scheduler/index.ts';
import { NOW, ORGANISATION } from './organisation.ts';

interface Owner {
  readonly department: string;
  readonly agent: string;
}

function sees(scope: Scope, owner: Owner): boolean {
  if (scope.type === 'all') return true;
  if (owner.department !== scope.department) return false;
  return scope.type === 'department' || owner.agent === scope.agent;
}

function pageOf<Item>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  { limit, after }: PageQuery,
): Page<Item> {
  const rest = items.filter((item) => after === null || idOf(item) > after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { items: page, next: rest.length > limit && last !== undefined ? idOf(last) : null };
}

/** Tokens are `role:department[:agent]`; `expired`, `forged` and the like are refused as such. */
export const fakeIdentity: Identity = {
  async verify(bearer) {
    const refusals = ['malformed', 'expired', 'forged', 'wrongAudience', 'unknownAgent'] as const;
    const refusal = refusals.find((known) => known === bearer);
    if (refusal) return { ok: false, refusal };
    const [role, department, agent = null] = bearer.split(':');
    if (!ROLES.some((known) => known === role)) return { ok: false, refusal: 'malformed' };
    const principal = {
      subject: agent ?? `${role}@${department}`,
      role,
      department,
      agent,
      expiresAt: NOW + 3_600_000,
    };
    return { ok: true, principal: principal as Principal };
  },
};

export class FakeStore {
  readonly written: IntakeItem[] = [];
  readonly requests = new Map<string, RequestView>();
  readonly leases = new Map<string, LeaseView>();
  readonly extensions = new Map<string, ExtensionView & Owner>();
  readonly ticks: TickRecord[] = [];
  readonly use = new Map<string, number>();
  readonly #keys = new Map<string, { digest: string; request: string }>();
  /** Set: every write is answered so. */
  busy: { readonly retryAfterSeconds: number } | null = null;
  fault: Error | null = null;
  onSubmitted: (id: string) => void = () => {};

  readonly intake = {
    write: async (items: readonly IntakeItem[]): Promise<IntakeOutcome[]> => {
      if (this.fault) throw this.fault;
      if (items.length === 0) throw new Error('an empty write');
      return items.map((item) => this.#writeOne(item));
    },
    known: async (cell: string, agent: string, clientRequestId: string): Promise<KnownSubmit | null> => {
      if (this.fault) throw this.fault;
      if (cell !== ORGANISATION.cell) throw new Error(`unknown cell ${cell}`);
      const known = this.#keys.get(`${agent}/${clientRequestId}`);
      return known ? { request: known.request as RequestId, digest: known.digest, receivedAt: NOW } : null;
    },
  };

  #writeOne(item: IntakeItem): IntakeOutcome {
    if (item.cell !== ORGANISATION.cell) throw new Error(`unknown cell ${item.cell}`);
    const text = JSON.stringify(item);
    if (!text.isWellFormed() || text.includes('\\u0000')) throw new Error('text that the database refuses');
    if (this.busy) return { type: 'busy', ...this.busy };
    const { command, idempotency, actor } = item;
    if (command.type === 'submit') {
      const { request } = command;
      if (request.department !== actor.department || request.agent !== actor.agent)
        throw new Error('another one acts');
      if (!idempotency || !/^[0-9a-f]{64}$/.test(idempotency.digest)) throw new Error('no digest');
      const key = `${request.agent}/${idempotency.key}`;
      const known = this.#keys.get(key);
      if (known && known.digest !== idempotency.digest)
        return { type: 'mismatch', request: known.request as never };
      if (known) return { type: 'replayed', request: known.request as never, receivedAt: NOW };
      this.#keys.set(key, { digest: idempotency.digest, request: request.id });
      this.requests.set(request.id, {
        request,
        state: 'queued',
        reasons: [],
        lease: null,
        tick: null,
        decidedAt: null,
        reservation: null,
      });
    } else if (idempotency !== null) throw new Error(`${command.type} carries no key`);
    this.written.push(item);
    if (command.type === 'submit') this.onSubmitted(command.request.id);
    return { type: 'accepted', intake: this.written.length, receivedAt: NOW };
  }

  readonly readers = {
    request: async (scope: Scope, id: string) => {
      const view = this.requests.get(id);
      return view && sees(scope, view.request) ? view : null;
    },
    requests: async (scope: Scope, query: PageQuery & { readonly state?: string }) => {
      const seen = [...this.requests.values()].filter(
        (view) => sees(scope, view.request) && (query.state === undefined || view.state === query.state),
      );
      return pageOf(seen, (view) => view.request.id, query);
    },
    lease: async (scope: Scope, id: string) => {
      const view = this.leases.get(id);
      return view && sees(scope, view.lease) ? view : null;
    },
    leases: async (scope: Scope, query: PageQuery & { readonly state?: string }) => {
      const seen = [...this.leases.values()].filter(
        (view) => sees(scope, view.lease) && (query.state === undefined || view.lease.state === query.state),
      );
      return pageOf(seen, (view) => view.lease.id, query);
    },
    extension: async (scope: Scope, id: string) => {
      const view = this.extensions.get(id);
      return view && sees(scope, view) ? view : null;
    },
  };

  readonly heartbeats = {
    heartbeat: async (scope: Scope, id: string, epoch: number): Promise<HeartbeatOutcome> => {
      if (this.busy) return { type: 'busy', ...this.busy };
      const view = this.leases.get(id);
      if (!view || !sees(scope, view.lease)) return { type: 'absent' };
      const { lease } = view;
      if (lease.epoch !== epoch) return { type: 'staleEpoch', epoch: lease.epoch };
      if (lease.state !== 'granted' && lease.state !== 'active') return { type: 'ended', state: lease.state };
      return { type: 'recorded', state: lease.state, endsAt: lease.endsAt, at: NOW };
    },
  };

  readonly tickReader = {
    tick: async (cell: string, tick: number) =>
      this.ticks.find((record) => record.cell === cell && record.tick === tick) ?? null,
    ticks: async (cell: string, query: PageQuery) => {
      const seen = this.ticks.filter((record) => record.cell === cell);
      return pageOf(seen, (record) => String(record.tick), query);
    },
    quality: async (cell: string, last: number) =>
      this.ticks
        .filter((record) => record.cell === cell)
        .toSorted((a, b) => b.tick - a.tick)
        .slice(0, last)
        .map(qualityOf),
  };

  readonly poolUse = { poolUse: async () => this.use };
  readonly held: { department: string; kind: string; pool: string; units: number }[] = [];
  readonly heldUnits = { heldUnits: async () => this.held };
}

export class FakeCalls implements CallIdempotency {
  readonly held = new Map<
    string,
    {
      digest: string;
      answer: { status: number; body: string; headers: Readonly<Record<string, string>> } | null;
    }
  >();

  async begin(scope: string, key: string, digest: string): ReturnType<CallIdempotency['begin']> {
    const known = this.held.get(`${scope} ${key}`);
    if (!known) {
      this.held.set(`${scope} ${key}`, { digest, answer: null });
      return { type: 'fresh' };
    }
    if (known.digest !== digest) return { type: 'mismatch' };
    return known.answer ? { type: 'replay', ...known.answer } : { type: 'running' };
  }

  async finish(
    scope: string,
    key: string,
    answer: { status: number; body: string; headers: Readonly<Record<string, string>> },
  ) {
    const known = this.held.get(`${scope} ${key}`);
    if (!known || known.answer) throw new Error('finished without being begun');
    known.answer = answer;
  }

  async abandon(scope: string, key: string) {
    if (!this.held.delete(`${scope} ${key}`)) throw new Error('abandoned without being begun');
  }
}

/** A store that somebody else may write to between the read and the swap of an edit. */
export class InterruptedConfigurations implements ConfigurationStore {
  readonly #store: ConfigurationStore;
  /** Done once, before the next swap. */
  beforeSwap: (() => Promise<void>) | null = null;

  constructor(store: ConfigurationStore) {
    this.#store = store;
  }

  readonly currentRevision: ConfigurationStore['currentRevision'] = (cell) =>
    this.#store.currentRevision(cell);
  readonly current: ConfigurationStore['current'] = (cell) => this.#store.current(cell);
  readonly edits: ConfigurationStore['edits'] = (cell) => this.#store.edits(cell);
  readonly base: ConfigurationStore['base'] = (cell) => this.#store.base(cell);

  readonly swap: ConfigurationStore['swap'] = async (swap) => {
    const interrupt = this.beforeSwap;
    this.beforeSwap = null;
    await interrupt?.();
    return this.#store.swap(swap);
  };
}

/** A log in memory; `reads` counts what the hub asks of the database. */
export class FakeLog implements EventLog {
  readonly events: DomainEvent[] = [];
  reads = 0;
  fault: Error | null = null;

  async read(cell: string, after: number, limit: number): Promise<readonly DomainEvent[]> {
    this.reads += 1;
    if (this.fault) throw this.fault;
    if (cell !== ORGANISATION.cell) throw new Error(`unknown cell ${cell}`);
    return this.events.filter((event) => event.sequence > after).slice(0, limit);
  }

  async last(): Promise<number> {
    return this.events.at(-1)?.sequence ?? 0;
  }
}
