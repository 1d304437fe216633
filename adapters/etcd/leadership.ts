// Leadership of a cell kept in etcd: a key that lives as long as its holder's lease, and beside it where the holder is asked.
// Invariant: etcd says who may lead, PostgreSQL's epoch who may write: an election counts once the epoch was raised there, and a holder that lost its
// key in between is fenced by whoever raises it next. Called by the runner.

import type { Announced, LeaderAddress, LeaderDirectory } from '../../api/ports.ts';
import type { Epoch, Leadership } from '../../scheduler/index.ts';
import { EtcdGateway, type KeyValue } from './gateway.ts';

/** Where epochs are given and compared. */
export interface Epochs {
  raise(cell: string, by: { readonly holder: string; readonly ttlMs: number }): Promise<Epoch>;
  current(cell: string): Promise<Epoch | null>;
}

export interface EtcdLeadershipOptions {
  /** Any of its members: `http://host:2379`. */
  readonly endpoints: readonly string[];
  readonly epochs: Epochs;
  readonly holder: string;
  /** etcd grants none shorter than its own election takes: 2 s with its defaults. */
  readonly ttlSeconds?: number;
}

interface Held {
  readonly epoch: Epoch;
  readonly lease: string;
  readonly modRevision: string;
  /** As it was written. */
  readonly value: string;
}

const PREFIX = 'annona/leader/';
const TTL_SECONDS = 2;

export class EtcdLeadership implements Leadership, LeaderDirectory {
  readonly #options: EtcdLeadershipOptions;
  readonly #etcd: EtcdGateway;
  readonly #held = new Map<string, Held>();
  #announced: Announced | null = null;

  constructor(options: EtcdLeadershipOptions) {
    this.#options = options;
    this.#etcd = new EtcdGateway(options.endpoints);
  }

  announce(announced: Announced): void {
    this.#announced = announced;
  }

  async acquire(cell: string): Promise<Epoch | null> {
    const { holder, epochs, ttlSeconds = TTL_SECONDS } = this.#options;
    const found = await this.#etcd.get(keyOf(cell));
    if (found !== null && holderOf(found) !== holder) return null;
    const lease = await this.#etcd.grant(ttlSeconds);
    const modRevision = await this.#put(cell, { lease, value: this.#value(null), onlyIf: whatever(found) });
    if (modRevision === null) {
      await this.#etcd.revoke(lease);
      return null;
    }
    const epoch = await epochs.raise(cell, { holder, ttlMs: ttlSeconds * 1000 });
    return (await this.#hold(cell, { epoch, lease, modRevision })) ? epoch : null;
  }

  /** A lease that ran out while nobody else was elected is taken up again under its epoch. */
  async renew(cell: string, epoch: Epoch): Promise<boolean> {
    const held = this.#held.get(cell);
    if (held?.epoch !== epoch) return false;
    if (await this.#etcd.keepAlive(held.lease)) {
      return held.value === this.#value(epoch) || this.#hold(cell, held);
    }
    this.#held.delete(cell);
    const lease = await this.#etcd.grant(this.#options.ttlSeconds ?? TTL_SECONDS);
    const value = this.#value(epoch);
    const modRevision = await this.#put(cell, { lease, value, onlyIf: 'absent' });
    if (modRevision === null || (await this.#options.epochs.current(cell)) !== epoch) {
      await this.#etcd.revoke(lease);
      return false;
    }
    this.#held.set(cell, { epoch, lease, modRevision, value });
    return true;
  }

  async release(cell: string, epoch: Epoch): Promise<void> {
    const held = this.#held.get(cell);
    if (held?.epoch !== epoch) return;
    this.#held.delete(cell);
    await this.#etcd.revoke(held.lease);
  }

  async find(cell: string): Promise<LeaderAddress | null> {
    const found = await this.#etcd.get(keyOf(cell));
    if (found === null) return null;
    const { epoch, url, secret } = JSON.parse(found.value) as Entry;
    return epoch === null || url === undefined || secret === undefined ? null : { epoch, url, secret };
  }

  /** Writes the epoch and the address down. False: the key is another's by now, or gone. */
  async #hold(cell: string, { epoch, lease, modRevision: before }: Omit<Held, 'value'>): Promise<boolean> {
    const value = this.#value(epoch);
    const modRevision = await this.#put(cell, { lease, value, onlyIf: { modRevision: before } });
    if (modRevision === null) this.#held.delete(cell);
    else this.#held.set(cell, { epoch, lease, modRevision, value });
    return modRevision !== null;
  }

  #put(cell: string, write: Omit<Parameters<EtcdGateway['put']>[0], 'key'>): Promise<string | null> {
    return this.#etcd.put({ key: keyOf(cell), ...write });
  }

  #value(epoch: Epoch | null): string {
    const entry: Entry = { holder: this.#options.holder, epoch, ...this.#announced };
    return JSON.stringify(entry);
  }
}

interface Entry {
  readonly holder: string;
  /** Null between winning the key and raising the epoch. */
  readonly epoch: Epoch | null;
  readonly url?: string;
  readonly secret?: string;
}

function keyOf(cell: string): string {
  return `${PREFIX}${cell}`;
}

function holderOf({ value }: KeyValue): string {
  return (JSON.parse(value) as Entry).holder;
}

/** Ours already, or nobody's. */
function whatever(found: KeyValue | null): 'absent' | { readonly modRevision: string } {
  return found === null ? 'absent' : { modRevision: found.modRevision };
}
