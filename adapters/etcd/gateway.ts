// etcd over its JSON gateway (etcd.io/docs/v3.4/dev-guide/api_grpc_gateway): keys and values as base64, 64-bit numbers as text.
// Invariant: one member's answer counts; one that does not answer in time is passed over for the next. Called by leadership.ts.

/** Of a member that is there; less than half a lease's time to live, so that two may be asked within it. */
const PATIENCE_MS = 900;

export interface KeyValue {
  readonly value: string;
  readonly modRevision: string;
  /** Lease that it ends with. */
  readonly lease: string;
}

export interface Write {
  readonly key: string;
  readonly value: string;
  readonly lease: string;
  /** `absent`: only where there is no such key; else only where it was last written by this revision. */
  readonly onlyIf: 'absent' | { readonly modRevision: string };
}

export class EtcdUnreachableError extends Error {
  override name = 'EtcdUnreachableError';
}

export class EtcdGateway {
  /** The one that answered last comes first. */
  #endpoints: readonly string[];

  constructor(endpoints: readonly string[]) {
    this.#endpoints = endpoints;
  }

  async get(key: string): Promise<KeyValue | null> {
    const { kvs = [] } = await this.#call<{ kvs?: RawKeyValue[] }>('/v3/kv/range', { key: encoded(key) });
    const [found] = kvs;
    if (found === undefined) return null;
    const { value = '', mod_revision: modRevision, lease = '0' } = found;
    return { value: Buffer.from(value, 'base64').toString('utf8'), modRevision, lease };
  }

  /** Answers the revision that wrote it; null when the condition did not hold, and nothing was written. */
  async put({ key, value, lease, onlyIf }: Write): Promise<string | null> {
    const compare =
      onlyIf === 'absent'
        ? { target: 'CREATE', create_revision: '0' }
        : { target: 'MOD', mod_revision: onlyIf.modRevision };
    const { succeeded = false, header } = await this.#call<Transaction>('/v3/kv/txn', {
      compare: [{ key: encoded(key), result: 'EQUAL', ...compare }],
      success: [{ request_put: { key: encoded(key), value: encoded(value), lease } }],
    });
    return succeeded ? header.revision : null;
  }

  /** Answers the lease. */
  async grant(ttlSeconds: number): Promise<string> {
    const { ID } = await this.#call<{ ID: string }>('/v3/lease/grant', { TTL: String(ttlSeconds) });
    return ID;
  }

  /** False: it ran out, and its keys are gone. */
  async keepAlive(lease: string): Promise<boolean> {
    const { result } = await this.#call<{ result?: { TTL?: string } }>('/v3/lease/keepalive', { ID: lease });
    return Number(result?.TTL ?? 0) > 0;
  }

  /** Its keys go with it. One that is gone already is as good. */
  async revoke(lease: string): Promise<void> {
    await this.#call('/v3/lease/revoke', { ID: lease }, [404]);
  }

  async #call<Answer>(path: string, body: object, fine: readonly number[] = []): Promise<Answer> {
    const faults: string[] = [];
    for (const endpoint of this.#endpoints) {
      try {
        const answer = await fetch(new URL(path, endpoint), {
          method: 'POST',
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(PATIENCE_MS),
        });
        const text = await answer.text();
        if (!answer.ok && !fine.includes(answer.status))
          throw new Error(`${answer.status} ${text.slice(0, 200)}`);
        if (endpoint !== this.#endpoints[0])
          this.#endpoints = [endpoint, ...this.#endpoints.filter((one) => one !== endpoint)];
        return JSON.parse(text) as Answer;
      } catch (error) {
        faults.push(`${endpoint}: ${(error as Error).message}`);
      }
    }
    throw new EtcdUnreachableError(`no etcd answers: ${faults.join('; ')}`);
  }
}

interface RawKeyValue {
  readonly value?: string;
  readonly mod_revision: string;
  readonly lease?: string;
}

interface Transaction {
  readonly succeeded?: boolean;
  readonly header: { readonly revision: string };
}

function encoded(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
