// The ledger of a tick as the database takes it: lines folded by source and type, whatever the accounts are called.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FoldedLedger } from '../../../adapters/postgres/ledgerRows.ts';
import type { LedgerEntry } from '../../../scheduler/index.ts';
import { booked } from '../../support/storeCell.ts';
import { type PostgresUnderTest, postgresStore } from '../../support/stores.ts';

const ACCOUNTS = [
  'team',
  'acme.research-2',
  'null',
  'NULL',
  '',
  'a b',
  'a,b',
  '{a}',
  '"',
  '\\',
  'a/b',
  "it's",
  'é',
];

function anEntry(source: string, account: string, fields: Partial<LedgerEntry> = {}): LedgerEntry {
  const { type = 'reserve', amount = 7 } = fields;
  const change = booked(type, source, { account, period: '2026-11', lease: 'lse_1', amount } as never);
  return { ...(change as unknown as { entry: LedgerEntry }).entry, ...fields };
}

function fold(...entries: readonly LedgerEntry[]): FoldedLedger {
  const ledger = new FoldedLedger();
  for (const entry of entries) ledger.take(entry);
  return ledger;
}

describe('the folded ledger', () => {
  let store: PostgresUnderTest;
  beforeAll(async () => {
    store = await postgresStore();
  });
  afterAll(() => store.close());

  it('writes every name of an account so that the database reads the same', async () => {
    const [row, ...more] = fold(...ACCOUNTS.map((account) => anEntry('lse_1', account))).lines();
    const [read] = await store.query(
      'select $1::text[] as accounts, $2::text[] as periods, $3::int[] as amounts',
      [row!.accounts, row!.periods, row!.amounts],
    );
    expect(more).toEqual([]);
    expect(read).toEqual({
      accounts: ACCOUNTS,
      periods: ACCOUNTS.map(() => '2026-11'),
      amounts: ACCOUNTS.map(() => 7),
    });
  });

  it('has one row per source and type, and one movement per account', () => {
    const ledger = fold(
      anEntry('lse_1', 'team', { type: 'settle', amount: 2 }),
      anEntry('ext_1', 'team'),
      anEntry('lse_1', 'team', { type: 'refund', amount: 3 }),
      anEntry('lse_1', 'whole', { type: 'settle', amount: 4 }),
    );
    const rows = ledger.lines().map(({ source, type, lease, amounts }) => [source, type, lease, amounts]);
    expect(rows.sort()).toEqual([
      ['ext_1', 'reserve', 'lse_1', '{7}'],
      ['lse_1', 'refund', 'lse_1', '{3}'],
      ['lse_1', 'settle', 'lse_1', '{2,4}'],
    ]);
    expect(ledger.movements()).toEqual([
      { account: 'team', period: '2026-11', reserved: 7 - 2 - 3, spent: 2 },
      { account: 'whole', period: '2026-11', reserved: -4, spent: 4 },
    ]);
  });

  it.each<[string, LedgerEntry[]]>([
    ['twice', [anEntry('lse_1', 'team'), anEntry('lse_1', 'team')]],
    ['under another name', [anEntry('lse_1', 'team', { id: 'lse_1/team/2026-12/reserve' })]],
    ['under no source', [anEntry('', 'team')]],
    ['for another lease', [anEntry('lse_1', 'team'), anEntry('lse_1', 'whole', { lease: 'lse_2' as never })]],
    ['less than nothing', [anEntry('lse_1', 'team', { amount: -1 })]],
    ['half a unit', [anEntry('lse_1', 'team', { amount: 0.5 })]],
  ])('books nothing %s', (_, entries) => {
    expect(() => fold(...entries)).toThrow(/^S2: /);
  });
});
