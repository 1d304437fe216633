// What a walk through the matrix must show, whatever the store. Used by the isolation tests.

import { expect } from 'vitest';
import { type IsolationReport, walk } from './run.ts';
import type { World } from './world.ts';

/** Prints its seed first. */
export function anyWorldReport(world: World): Promise<IsolationReport> {
  const seed = Math.trunc(Math.random() * 2 ** 31);
  console.log(`isolation: seed ${seed}`);
  return walk(world, seed);
}

export function expectIsolation({ leaks, told, compared, statuses }: IsolationReport): void {
  expect(leaks.slice(0, 10)).toEqual([]);
  expect(told.slice(0, 10)).toEqual([]);
  expect(compared).toBeGreaterThan(500);
  // It got past the door: lists were read, ids were looked up, acts were refused for what they named and not for their form.
  const want = [
    'listRequests 200',
    'listLeases 200',
    'readRequest 404',
    'readLease 404',
    'readExtension 404',
    'listAccounts 200',
    'readAccount 404',
    'listAccountLedger 404',
    'readAccountForecast 404',
    'readUsage 200',
    'readQueueReasons 200',
    'readRequestExplanation 404',
    'followEvents 200',
    'readTickFile 403',
  ];
  const acts = [
    'cancelRequest 404',
    'heartbeatLease 404',
    'extendLease 404',
    'releaseLease 404',
    'submitRequest 202',
    'submitRequest 200',
    'writeAgent 404',
    'retireAgent 404',
  ];
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([...want, ...acts, 'submitBatch 207']));
  expect([...statuses.keys()].filter((key) => / 5\d\d$/.test(key) && key !== 'followEvents 503')).toEqual([]);
}
