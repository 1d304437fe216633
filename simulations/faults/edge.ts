// An API process of a simulated cluster: takes acts and keys to the intake in groups, heartbeats straight to their rows, and reads for its callers.
// Invariant: it answers after the write, never before, keeps nothing of its own, and holds a bounded number of calls: one more is refused.
// Called by agents, reviewers and operators through client.ts.

import type { MemoryStore } from '../../adapters/memory/store.ts';
import type {
  Approval,
  Configuration,
  Digest,
  EditCommand,
  Epoch,
  ExtensionId,
  Instant,
  IntakeActor,
  IntakeCommand,
  LeaseId,
  RequestId,
  ResourceRequest,
} from '../../scheduler/index.ts';
import type { Chance } from '../world/chance.ts';
import type { Life, Loop } from '../world/loop.ts';
import { CELL, LAW, SKILL } from './organisation.ts';

export interface EdgeStore {
  readonly intakeWriter: Pick<MemoryStore['intakeWriter'], 'write'>;
  readonly heartbeatWriter: Pick<MemoryStore['heartbeatWriter'], 'heartbeat'>;
  readonly readers: Pick<MemoryStore['readers'], 'requests' | 'leases'>;
  readonly approvals: Pick<MemoryStore['approvals'], 'approvals'>;
  readonly configuration: Pick<MemoryStore['configuration'], 'current' | 'revision' | 'swap'>;
}
type Item = Parameters<EdgeStore['intakeWriter']['write']>[0][number];
type Outcome = Awaited<ReturnType<EdgeStore['intakeWriter']['write']>>[number];
type Scope = Parameters<EdgeStore['heartbeatWriter']['heartbeat']>[0];
export type Beat = Awaited<ReturnType<EdgeStore['heartbeatWriter']['heartbeat']>>;
export type Reading = {
  readonly requests: Awaited<ReturnType<EdgeStore['readers']['requests']>>['items'];
  readonly leases: Awaited<ReturnType<EdgeStore['readers']['leases']>>['items'];
};

/** What a caller is told: done, or why not. Whoever is told nothing may ask again. */
export type Answer<Value> =
  | { readonly type: 'ok'; readonly value: Value }
  | { readonly type: 'busy' }
  | { readonly type: 'unavailable' };

export interface EdgeOptions {
  readonly store: EdgeStore;
  readonly loop: Loop;
  readonly chance: Chance;
  readonly digest: Digest;
  /** Of its own clock from the store's. */
  readonly skewMs: number;
  readonly ids: () => RequestId;
  /** A hint that there is something to fold: may be lost. */
  readonly hint: () => void;
}

const CALLS_MOST = 12;
const GROUP_MS = 2;
/** Rows of the intake that nobody has folded, at most, before an edge refuses more. */
export const GROUP_MOST = 8;

interface Queued {
  readonly item: Item;
  readonly settle: { resolve: (outcome: Outcome) => void; reject: (error: unknown) => void };
}

export class Edge {
  readonly life: Life;
  readonly #options: EdgeOptions;
  #queue: Queued[] = [];
  #calls = 0;

  constructor(life: Life, options: EdgeOptions) {
    this.life = life;
    this.#options = options;
  }

  /** The request that has the key: the first that came with it. `mismatch`: it came with another body. */
  submit(
    body: Omit<ResourceRequest, 'id' | 'submittedAt'>,
    replaces?: Extract<IntakeCommand, { type: 'submit' }>['replaces'],
  ): Promise<Answer<RequestId | 'mismatch'>> {
    return this.#serve(async () => {
      const { ids, loop, digest, skewMs } = this.#options;
      const request: ResourceRequest = { ...body, id: ids(), submittedAt: (loop.now + skewMs) as Instant };
      const idempotency = {
        key: body.clientRequestId,
        digest: digest([JSON.stringify([body, replaces ?? null])]),
      };
      const command = { type: 'submit', request, ...(replaces && { replaces }) } as const;
      const outcome = await this.#write({ cell: CELL, actor: actorOf(body), command, idempotency });
      if (outcome.type === 'accepted') return request.id;
      if (outcome.type === 'replayed') return outcome.request;
      return 'mismatch';
    });
  }

  act(actor: IntakeActor, command: IntakeCommand): Promise<Answer<null>> {
    return this.#serve(async () => {
      await this.#write({ cell: CELL, actor, command, idempotency: null });
      return null;
    });
  }

  /** Each call is a wish of its own, with a name that the edge gives it. */
  extend(
    actor: IntakeActor,
    asked: { readonly lease: LeaseId; readonly epoch: Epoch; readonly seconds: number },
  ): Promise<Answer<ExtensionId>> {
    return this.#serve(async () => {
      const extension = this.#options.ids().replace('req_', 'ext_') as ExtensionId;
      await this.#write({
        cell: CELL,
        actor,
        command: { type: 'extend', extension, ...asked },
        idempotency: null,
      });
      return extension;
    });
  }

  heartbeat(scope: Scope, lease: LeaseId, epoch: Epoch): Promise<Answer<Beat>> {
    return this.#serve(() => this.#options.store.heartbeatWriter.heartbeat(scope, lease, epoch));
  }

  /** What an agent has: its newest requests and leases. */
  read(scope: Scope): Promise<Answer<Reading>> {
    const { readers } = this.#options.store;
    const query = { limit: 12, after: null };
    return this.#serve(async () => {
      const requests = await readers.requests(scope, query);
      const leases = await readers.leases(scope, query);
      return { requests: requests.items, leases: leases.items };
    });
  }

  scheduledApprovals(): Promise<Answer<readonly Approval[]>> {
    const { approvals } = this.#options.store;
    const sight = { scope: { type: 'department', department: LAW } as const, skills: [SKILL] };
    return this.#serve(async () => {
      const page = await approvals.approvals(sight, { limit: 20, after: null, state: 'scheduled' });
      return page.items;
    });
  }

  /** Compare and swap: false when another edit came first. */
  edit(
    actor: IntakeActor,
    change: (now: Configuration) => { readonly to: Configuration; readonly object: string },
  ): Promise<Answer<boolean>> {
    const { store, hint } = this.#options;
    return this.#serve(async () => {
      const before = await store.configuration.current(CELL);
      const { to, object } = change(before);
      const command: EditCommand = {
        type: 'edit',
        object,
        before: before.revision,
        after: to.revision,
        revision: to.revision,
      };
      const none = { kept: [], dropped: [], base: null };
      const act = { actor, command };
      const outcome = await store.configuration.swap({ from: before.revision, to, ...none, act });
      hint();
      return outcome === 'stored';
    });
  }

  async #serve<Value>(run: () => Promise<Value>): Promise<Answer<Value>> {
    if (this.#calls >= CALLS_MOST) return { type: 'busy' };
    this.#calls += 1;
    try {
      return { type: 'ok', value: await run() };
    } catch {
      // What went wrong is the network's to tell; the caller may ask again, and the key keeps that harmless.
      return { type: 'unavailable' };
    } finally {
      this.#calls -= 1;
    }
  }

  #write(item: Item): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ item, settle: { resolve, reject } });
      if (this.#queue.length === 1)
        this.#options.loop.after(GROUP_MS * 1000, this.life, () => void this.#flush());
    });
  }

  async #flush(): Promise<void> {
    const group = this.#queue.slice(0, GROUP_MOST);
    this.#queue = this.#queue.slice(GROUP_MOST);
    if (this.#queue.length > 0)
      this.#options.loop.after(GROUP_MS * 1000, this.life, () => void this.#flush());
    try {
      const outcomes = await this.#options.store.intakeWriter.write(group.map(({ item }) => item));
      for (const [i, { settle }] of group.entries()) settle.resolve(outcomes[i]!);
      this.#options.hint();
    } catch (error) {
      for (const { settle } of group) settle.reject(error);
    }
  }
}

export function actorOf({ agent, department }: Pick<ResourceRequest, 'agent' | 'department'>): IntakeActor {
  return { subject: agent, department, agent };
}
