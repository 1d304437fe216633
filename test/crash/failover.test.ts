// Every way to lose the leader, once: another leads under a higher epoch and decides; who comes back stands by. How long it takes is rig:failover's.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabase } from '../support/postgres.ts';
import { type FailoverRig, failoverRig, LOSSES } from './failover.ts';

/** Of a machine that does much else: nothing here is measured. */
const LIMIT_MS = 150_000;

describe('a request that is sent when the leader is lost', () => {
  let rig: FailoverRig;
  beforeAll(async () => {
    rig = await failoverRig({ database: await testDatabase() });
  }, LIMIT_MS);
  afterAll(() => rig.cleanUp());

  it.each(LOSSES)(
    'is decided by the next one: %s',
    async (loss) => {
      const { epochBefore, epochAfter } = await rig.round(loss);
      expect(epochAfter).toBeGreaterThan(epochBefore);
      // The one that was lost, or the one that was started in its place, stands by again.
      expect(rig.fleet.of('scheduler')).toHaveLength(2);
    },
    LIMIT_MS,
  );
});
