// S5: decision, lease, ledger, audit, events: all or none. Every table in turn refuses its part of a tick that touches them all.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StoreDump } from '../../adapters/memory/tables.ts';
import type { TickCommit } from '../../scheduler/index.ts';
import { aConfiguration, aPool, aRequest } from '../support/builders.ts';
import { checkPromises } from '../support/promises.ts';
import { ALWAYS, type Leader, type LiveCell, liveCell, outcomeOf } from './liveCell.ts';

const TABLES = [
  'tick',
  'intake',
  'request',
  'lease',
  'extension',
  'capacity_use',
  'account_use',
  'ledger',
  'event',
  'audit',
  'audit_seal',
  'cell_head',
] as const;

const priced = () =>
  aConfiguration()
    .department('research')
    .agent('ada', { accounts: ['team' as never] })
    .pool(aPool('gpu-a').gpu(100).price(60))
    .account('team', 0, { periods: [{ ...ALWAYS, budget: 1000 }] });

describe('S5 decision, lease, ledger, audit and events: all or none', () => {
  let cell: LiveCell;
  let number = 0;
  beforeAll(async () => {
    cell = await liveCell(priced());
  });
  afterEach(() => cell.store.query('drop function if exists fail_here cascade'));
  afterAll(() => cell.close());

  /** What a tick is about that grants, ends, extends, spends and refunds at once. */
  async function everything(): Promise<Leader> {
    const leader = await cell.elect();
    const [held, lengthened] = [aRequest(++number).gpu(1).build(), aRequest(++number).gpu(1).build()];
    await cell.submit(held, lengthened);
    await leader.settle();
    const [first, second] = [leader.leaseOf(held), leader.leaseOf(lengthened)];
    await cell.submit(aRequest(++number).gpu(2).build());
    await cell.act({ type: 'release', lease: first.id, epoch: first.epoch }, first);
    const extension = `ext_${number}` as never;
    await cell.act({ type: 'extend', extension, lease: second.id, epoch: second.epoch, seconds: 60 }, second);
    return leader;
  }

  it.each(TABLES)(
    'when %s refuses its part, nothing of the tick is written; the next term writes all of it',
    async (table) => {
      const leader = await everything();
      const before = await cell.dump();
      await cell.store.query(`create function fail_here() returns trigger language plpgsql as
      $$ begin raise exception 'planted in %', tg_table_name; end $$`);
      await cell.store.query(
        `create trigger fail_here after insert or update on ${table} for each statement execute function fail_here()`,
      );
      await expect(leader.tick()).rejects.toThrow(`planted in ${table}`);
      expect(await cell.dump()).toEqual(before);
      expect(
        leader.told.filter(({ record }) => !before.tick.some((row) => row.tick === record.tick)),
      ).toEqual([]);

      await cell.store.query('drop function fail_here cascade');
      const next = await cell.elect();
      await next.settle();
      const dump = await cell.dump();
      expect(grownTables(before, dump)).toEqual([
        'audit',
        'event',
        'extension',
        'lease',
        'ledger',
        'request',
        'tick',
      ]);
      expect(outcomeOf(dump, aRequest(number).build())).toBe('granted');
      expect(checkPromises(dump)).toEqual([]);
    },
  );

  const PARTS: Readonly<Record<string, (commit: TickCommit) => TickCommit>> = {
    'a grant without its lease': without('leaseGranted'),
    'a lease without its decision': without('decided'),
    'an end without its settlement': without('ledger'),
  };

  it.each(Object.entries(PARTS))(
    'and %s is refused by the database or found by the checker',
    async (_what, bend) => {
      const leader = await everything();
      const { store } = leader.ports;
      leader.ports = { ...leader.ports, store: { commit: (commit) => store.commit(bend(commit)) } };
      const before = await cell.dump();
      const outcome = await leader.tick().then(
        ({ type }) => type,
        (error: Error) => error.message,
      );
      const after = await cell.dump();
      if (outcome === 'committed') expect(checkPromises(after).length).toBeGreaterThan(0);
      else {
        expect(outcome).toMatch(/^S\d/);
        expect(after).toEqual(before);
      }
    },
  );
});

function without(type: TickCommit['changes'][number]['type']): (commit: TickCommit) => TickCommit {
  return (commit) => ({ ...commit, changes: commit.changes.filter((change) => change.type !== type) });
}

function grownTables(before: StoreDump, after: StoreDump): string[] {
  const names = Object.keys(after) as (keyof StoreDump)[];
  return names.filter((name) => after[name].length > before[name].length && name !== 'leader').sort();
}
