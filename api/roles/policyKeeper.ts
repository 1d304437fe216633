// Every act on policies, once: bringing bundles in, activating, going back, comparing, following what other processes did.
// Invariants: nothing is stored as active that was not verified, loaded and proved here first; what is refused changes nothing and stands
// in the status; one act after the other. Called by the edge, by the watched folder and by itself, when a candidate has stayed clean.

import type { LivePolicy, PolicyBundle, PolicyCandidate } from '../../policies/index.ts';
import { openSignedBundle, type TrustedKey } from '../../policies/node.ts';
import type { Instant, IntakeActor, Timers } from '../../scheduler/index.ts';
import { SHIPPED } from '../policyPorts.ts';
import type {
  MoveOutcome,
  PolicyCandidateHead,
  PolicyFailure,
  PolicyHead,
  PolicyKeeping,
  PolicyRefusal,
  PolicyStatus,
  PolicyStore,
  PolicyWish,
  StoredBundle,
  UploadOutcome,
} from '../ports.ts';

/** A process that heard of no move by its own acts: this bounds how long it answers by the policy before. */
const LOOK_MS = 1000;
const FAILURES_MAX = 50;
/** Each round loses only to a move that was stored. */
const ROUNDS_MAX = 5;

export interface KeeperParts {
  readonly cell: string;
  readonly store: PolicyStore;
  readonly service: LivePolicy;
  readonly shipped: PolicyBundle;
  readonly keys: readonly TrustedKey[];
  /** Of the configuration in force, for the audit. */
  readonly configurationRevision: () => string;
  readonly now: () => Instant;
  readonly timers: Timers;
  readonly log: (line: string) => void;
}

export class PolicyKeeper implements PolicyKeeping {
  readonly #parts: KeeperParts;
  readonly #stopping = new AbortController();
  readonly #failures: PolicyFailure[] = [];
  #acts: Promise<unknown> = Promise.resolve();
  #polling: Promise<void> | null = null;
  /** Sequence of the head that this process answers by. */
  #taken = -1;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#polling ??= this.#poll();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#polling;
    await this.#acts;
  }

  /** Answers by what the store has in force. Rejects when that cannot be: then what was active stays. */
  follow(): Promise<void> {
    return this.#inTurn(() => this.#follow());
  }

  upload(text: string, subject: string): Promise<UploadOutcome> {
    return this.#inTurn(async () => {
      const { cell, store, service, keys } = this.#parts;
      let revision: string | null = null;
      try {
        const { bundle, vectors, keyId, sha256 } = await openSignedBundle(text, keys);
        revision = bundle.manifest.revision;
        await (await service.prepare({ bundle, vectors })).discard();
        return { type: await store.put(cell, { revision, sha256, keyId, subject, text }), revision };
      } catch (error) {
        return this.#refused(error, { doing: 'upload', revision });
      }
    });
  }

  bundles(): Promise<readonly StoredBundle[]> {
    return this.#parts.store.bundles(this.#parts.cell);
  }

  activate(revision: string, wish: PolicyWish): Promise<MoveOutcome> {
    return this.#inTurn(() => this.#moveTo(() => revision, wish));
  }

  rollback(wish: PolicyWish): Promise<MoveOutcome> {
    return this.#inTurn(() => this.#moveTo(({ previous }) => previous, wish));
  }

  compare(candidate: PolicyCandidateHead | null, wish: PolicyWish): Promise<MoveOutcome> {
    return this.#inTurn(async () => {
      const head = await this.#parts.store.head(this.#parts.cell);
      if (isSuperseded(head, wish)) return { type: 'superseded', head };
      const found = candidate === null ? null : await this.#candidate(candidate.revision, 'shadow');
      if (found !== null && 'type' in found) return found;
      try {
        await this.#shadow(found, candidate);
      } catch (error) {
        return this.#refused(error, { doing: 'shadow', revision: candidate?.revision ?? null });
      }
      const { active, previous } = head;
      const moved = await this.#move(head, { active, previous, candidate }, wish.actor);
      if (moved.type !== 'moved') this.#taken = -1;
      return moved;
    });
  }

  async status(): Promise<PolicyStatus> {
    const { store, cell, service, keys } = this.#parts;
    const { candidate, ...head } = await store.head(cell);
    const { shadow, ...running } = service.standing();
    const report = shadow?.revision === candidate?.revision ? shadow : null;
    return {
      ...head,
      candidate: candidate === null ? null : { ...candidate, report },
      running: { ...running, dataRevision: service.dataRevision },
      trustedKeys: keys.map(({ id }) => id),
      failures: [...this.#failures],
    };
  }

  /** For whoever acts on bundles beside this: the watched folder. */
  note(failure: Omit<PolicyFailure, 'at'>): void {
    const last = this.#failures.at(-1);
    // A follower meets the same fault each second until somebody mends it.
    if (last?.code === failure.code && last.revision === failure.revision && last.doing === failure.doing)
      return;
    this.#failures.push({ at: this.#parts.now(), ...failure });
    if (this.#failures.length > FAILURES_MAX) this.#failures.shift();
    this.#parts.log(`policy: ${failure.doing} ${failure.revision ?? ''}: ${failure.message}`);
  }

  async #moveTo(wanted: (head: PolicyHead) => string | null, wish: PolicyWish): Promise<MoveOutcome> {
    const { store, cell, service } = this.#parts;
    for (let round = 0; ; round += 1) {
      const head = await store.head(cell);
      if (isSuperseded(head, wish)) return { type: 'superseded', head };
      const revision = wanted(head);
      if (revision === null) return { type: 'nothing' };
      if (revision === head.active) return { type: 'moved', head };
      const found = await this.#candidate(revision, 'activate');
      if (found === null || 'type' in found) return found ?? { type: 'absent' };
      let moved: MoveOutcome;
      try {
        const prepared = await service.prepare(found);
        // A comparison is with the policy that goes: it ends with it.
        moved = await this.#move(
          head,
          { active: revision, previous: head.active, candidate: null },
          wish.actor,
        );
        if (moved.type === 'moved') await prepared.commit();
        else await prepared.discard();
      } catch (error) {
        // Stored, perhaps, and not answered by: the next look tries again.
        this.#taken = -1;
        return this.#refused(error, { doing: 'activate', revision });
      }
      if (moved.type === 'moved') await service.shadow(null);
      if (moved.type === 'moved' || wish.expected !== null || round === ROUNDS_MAX) return moved;
    }
  }

  async #move(head: PolicyHead, to: Omit<PolicyHead, 'sequence'>, actor: IntakeActor): Promise<MoveOutcome> {
    const { store, cell, configurationRevision } = this.#parts;
    const command = {
      type: 'edit',
      object: to.candidate === null && to.active !== head.active ? 'policy' : 'policy/candidate',
      before: to.active === head.active ? (head.candidate?.revision ?? null) : head.active,
      after: to.active === head.active ? (to.candidate?.revision ?? null) : to.active,
      revision: configurationRevision(),
    } as const;
    const outcome = await store.move({ cell, from: head.sequence, to, act: { actor, command } });
    if (outcome === 'superseded') return { type: 'superseded', head: await store.head(cell) };
    const moved = { ...to, sequence: head.sequence + 1 };
    this.#taken = moved.sequence;
    return { type: 'moved', head: moved };
  }

  /** Null: there is no such bundle. Verified anew, so that a file that was changed in the store, or whose key is trusted no more, is not used. */
  async #candidate(
    revision: string,
    doing: string,
  ): Promise<PolicyCandidate | PolicyRefusal | { type: 'absent' }> {
    const { store, cell, keys, shipped } = this.#parts;
    if (revision === SHIPPED) return { bundle: shipped };
    const text = await store.text(cell, revision);
    if (text === null) return { type: 'absent' };
    try {
      return await openSignedBundle(text, keys);
    } catch (error) {
      return this.#refused(error, { doing, revision });
    }
  }

  async #shadow(found: PolicyCandidate | null, candidate: PolicyCandidateHead | null): Promise<void> {
    const after = candidate?.promoteAfterTicks ?? null;
    let isPromoting = false;
    await this.#parts.service.shadow(found, ({ cleanTicks }) => {
      if (candidate === null || after === null || cleanTicks < after || isPromoting) return;
      isPromoting = true;
      void this.#promote(candidate.revision);
    });
  }

  async #promote(revision: string): Promise<void> {
    const actor = { subject: 'policy-promotion', department: '', agent: null } as unknown as IntakeActor;
    try {
      const { sequence, candidate } = await this.#parts.store.head(this.#parts.cell);
      if (candidate?.revision !== revision) return;
      const outcome = await this.activate(revision, { actor, expected: sequence });
      if (outcome.type === 'moved') this.#parts.log(`policy: ${revision} stayed clean and is active now`);
    } catch (error) {
      this.#refused(error, { doing: 'promote', revision });
    }
  }

  async #follow(): Promise<void> {
    const { store, cell, service } = this.#parts;
    const head = await store.head(cell);
    if (head.sequence === this.#taken) return;
    const active = await this.#wanted(head.active);
    if (active.bundle.manifest.revision !== service.revision) await (await service.prepare(active)).commit();
    const { candidate } = head;
    await this.#shadow(candidate === null ? null : await this.#wanted(candidate.revision), candidate);
    this.#taken = head.sequence;
  }

  async #wanted(revision: string): Promise<PolicyCandidate> {
    const found = await this.#candidate(revision, 'follow');
    if (!('type' in found)) return found;
    throw new Error(
      found.type === 'refused' ? found.message : `bundle ${revision} is in force and not stored`,
    );
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await this.#parts.timers.sleep(LOOK_MS, signal);
      if (signal.aborted) return;
      await this.follow().catch((error: unknown) =>
        this.#refused(error, { doing: 'follow', revision: null }),
      );
    }
  }

  /** A fault that is no refusal of the bundle is told too, and thrown on: nobody may take it for an answer. */
  #refused(error: unknown, about: Pick<PolicyFailure, 'doing' | 'revision'>): PolicyRefusal {
    const { name, code, message } = error as { name?: string; code?: unknown; message?: string };
    const isRefusal = name === 'PolicyRefused';
    const known = { code: isRefusal ? String(code) : 'FAULT', message: message ?? String(error) };
    this.note({ ...about, ...known });
    if (!isRefusal && about.doing !== 'follow' && about.doing !== 'promote') throw error;
    return { type: 'refused', ...known };
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#acts.then(act);
    this.#acts = turn.catch(() => undefined);
    return turn;
  }
}

function isSuperseded(head: PolicyHead, { expected }: PolicyWish): boolean {
  return expected !== null && expected !== head.sequence;
}

/** What a process begins with. Rejects when the store has a bundle in force that cannot be verified. */
export async function bundleInForce(
  parts: Pick<KeeperParts, 'cell' | 'store' | 'shipped' | 'keys'>,
): Promise<PolicyBundle> {
  const { store, cell, shipped, keys } = parts;
  const { active } = await store.head(cell);
  if (active === SHIPPED) return shipped;
  const text = await store.text(cell, active);
  if (text === null) throw new Error(`bundle ${active} is in force and not stored`);
  return (await openSignedBundle(text, keys)).bundle;
}
