// The matrix of test/api/http/isolation.test.ts on real PostgreSQL, where row-level security stands behind the queries (S7).

import { afterAll, beforeAll, expect, it } from 'vitest';
import { anyWorldReport, expectIsolation } from '../../api/http/isolation/expectations.ts';
import { aWorld, type World } from '../../api/http/isolation/world.ts';
import { type PostgresUnderTest, postgresStore } from '../../support/stores.ts';

let store: PostgresUnderTest;
let world: World;
beforeAll(async () => {
  store = await postgresStore();
  world = await aWorld(store, { departments: 3, agents: 1, requests: 6 });
});
afterAll(async () => {
  await world.close();
  await store.close();
});

it('no answer holds a word of others, or tells hidden from missing', { timeout: 300_000 }, async () => {
  const report = await anyWorldReport(world);
  expectIsolation(report);
  expect(report.pairs).toBeGreaterThan(1000);
});
