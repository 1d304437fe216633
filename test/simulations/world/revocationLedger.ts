// What a history of commits says of its revocations, counted apart from the code that made them: by wish, by right, and between outside events.
// Invariant: reads changes and records alone. Called by the tests of the adversary and of small random worlds.

import type { RequestId, RevocationRight, TickCommit } from '../../../scheduler/index.ts';

export class RevocationLedger {
  readonly byRight: Record<RevocationRight, number> = { priority: 0, reclaim: 0, repair: 0 };
  /** Requests that somebody submitted: each begins a wish. */
  wishes = 0;
  revocations = 0;
  acknowledged = 0;
  granted = 0;
  honoured = 0;
  dropped = 0;
  ticks = 0;
  /** Wishes that were taken from twice between two outside events. */
  readonly repeated: string[] = [];
  readonly #rootOf = new Map<RequestId, RequestId>();
  readonly #requestOf = new Map<string, RequestId>();
  readonly #perWish = new Map<RequestId, number>();
  readonly #quiet = new Set<RequestId>();
  #configuration = '';

  readonly note = (commit: TickCommit): void => {
    this.ticks += 1;
    if (this.#isOutside(commit)) this.#quiet.clear();
    this.#configuration = commit.record.configurationRevision;
    for (const change of commit.changes) {
      switch (change.type) {
        case 'requestOpened': {
          const { id, restart } = change.pending.request;
          if (restart === undefined) this.wishes += 1;
          this.#rootOf.set(id, restart === undefined ? id : this.#rootOf.get(restart.of)!);
          break;
        }
        case 'leaseGranted':
          this.granted += 1;
          this.#requestOf.set(change.lease.id, change.lease.request);
          break;
        case 'leaseRevoking':
          this.#revoke(change.lease, change.revocation.right);
          break;
        case 'leaseEnded':
          if (change.cause === 'acknowledged') this.acknowledged += 1;
          break;
        case 'earmarkEnded':
          if (change.end === 'granted') this.honoured += 1;
          else this.dropped += 1;
          break;
        default:
      }
    }
  };

  /** The most that any one wish was taken from. */
  get mostOfOneWish(): number {
    return Math.max(0, ...this.#perWish.values());
  }

  #revoke(lease: string, right: RevocationRight): void {
    const wish = this.#rootOf.get(this.#requestOf.get(lease)!)!;
    this.revocations += 1;
    this.byRight[right] += 1;
    this.#perWish.set(wish, (this.#perWish.get(wish) ?? 0) + 1);
    if (this.#quiet.has(wish)) this.repeated.push(`${wish} by ${right}, tick ${this.ticks}`);
    this.#quiet.add(wish);
  }

  /** An arrival, a release of any kind but a revocation's, or another configuration. */
  #isOutside({ changes, record }: TickCommit): boolean {
    if (record.configurationRevision !== this.#configuration) return true;
    return changes.some(
      (change) =>
        (change.type === 'requestOpened' && change.pending.request.restart === undefined) ||
        (change.type === 'leaseEnded' && change.cause !== 'acknowledged' && change.cause !== 'grace'),
    );
  }
}
