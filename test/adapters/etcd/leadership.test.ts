// The leadership port on a real etcd, with its epochs in PostgreSQL: the suite of PostgreSQL's own, and what two stores can do to each other.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EtcdGateway } from '../../../adapters/etcd/gateway.ts';
import { type Epochs, EtcdLeadership } from '../../../adapters/etcd/leadership.ts';
import { leadershipContract } from '../../contract/leadership.ts';
import { etcdAbsence, startEtcd, type TestEtcd } from '../../support/etcd.ts';
import { postgresStore } from '../../support/stores.ts';

const absence = etcdAbsence();

async function stores() {
  const [etcd, postgres] = await Promise.all([startEtcd(), postgresStore()]);
  const { epochs } = await postgres.open();
  const leadership = (holder: string) => new EtcdLeadership({ endpoints: [etcd.url], epochs, holder });
  const expireLeader = () => expireAll(etcd.url);
  const close = async () => {
    await etcd.stop();
    await postgres.close();
  };
  return { etcd, epochs, leadership, expireLeader, close };
}

/** As if their time had come: every lease of etcd is revoked. */
async function expireAll(url: string): Promise<void> {
  const answer = await fetch(new URL('/v3/lease/leases', url), { method: 'POST', body: '{}' });
  const { leases = [] } = (await answer.json()) as { leases?: { ID: string }[] };
  const gateway = new EtcdGateway([url]);
  for (const { ID } of leases) await gateway.revoke(ID);
}

describe.skipIf(absence !== null)(`etcd${absence === null ? '' : ` (${absence})`}`, () => {
  leadershipContract('etcd', async () => {
    const { leadership, expireLeader, close } = await stores();
    return {
      ports: { leadership: leadership('ours') },
      rival: async () => leadership('rival'),
      expireLeader,
      close,
    };
  });

  describe('leadership in etcd over epochs in PostgreSQL', () => {
    let etcd: TestEtcd;
    let epochs: Epochs;
    let leadership: (holder: string) => EtcdLeadership;
    let close: () => Promise<void>;
    beforeAll(async () => {
      ({ etcd, epochs, leadership, close } = await stores());
    });
    afterAll(() => close());

    it('passes by itself two seconds after its holder was last heard of', async () => {
      const cell = randomUUID();
      expect(await leadership('dead').acquire(cell)).toBe(1);
      const next = leadership('next');
      let epoch: number | null = null;
      while (epoch === null) epoch = await next.acquire(cell);
      expect(epoch).toBe(2);
    });

    it('is not had by one that was overtaken between the key and the epoch', async () => {
      const cell = randomUUID();
      const slow = new EtcdLeadership({
        endpoints: [etcd.url],
        holder: 'slow',
        epochs: {
          current: (of) => epochs.current(of),
          async raise(of, by) {
            await expireAll(etcd.url);
            expect(await leadership('quick').acquire(of)).toBe(1);
            return epochs.raise(of, by);
          },
        },
      });
      expect(await slow.acquire(cell)).toBeNull();
      expect(await leadership('third').acquire(cell)).toBeNull();
    });

    it('stays whose it was while etcd is away, and has one holder once it is back', async () => {
      const cell = randomUUID();
      const [ours, next] = [leadership('ours'), leadership('next')];
      expect(await ours.acquire(cell)).toBe(1);
      await etcd.kill();
      await expect(ours.renew(cell, 1)).rejects.toThrow('no etcd answers');
      await expect(next.acquire(cell)).rejects.toThrow('no etcd answers');
      // Commits are checked against this one, which nobody can raise meanwhile.
      expect(await epochs.current(cell)).toBe(1);
      await etcd.startAgain();
      const taken = await next.acquire(cell);
      const kept = await ours.renew(cell, 1);
      expect([taken, kept]).toEqual(taken === null ? [null, true] : [2, false]);
      expect(await epochs.current(cell)).toBe(taken ?? 1);
    });

    it('is asked of the next member when one does not answer', async () => {
      const endpoints = ['http://127.0.0.1:1', etcd.url];
      const ours = new EtcdLeadership({ endpoints, epochs, holder: 'ours' });
      expect(await ours.acquire(randomUUID())).toBe(1);
    });

    it('cannot be told while no member answers', async () => {
      const endpoints = ['http://127.0.0.1:1'];
      const ours = new EtcdLeadership({ endpoints, epochs, holder: 'ours' });
      await expect(ours.acquire(randomUUID())).rejects.toThrow('no etcd answers: http://127.0.0.1:1');
    });
  });
});
