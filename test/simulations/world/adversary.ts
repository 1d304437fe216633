// The organisation that the adversary plays in, and one run of it. Called by the short test and by the long one.

import { sha256 } from '../../../adapters/system/digest.ts';
import type { PreemptionTerms } from '../../../scheduler/index.ts';
import { Adversary, type WorldOptions } from '../../../simulations/index.ts';
import { createInProcessSolver } from '../../../solver/node.ts';
import { aConfiguration, aPool, NOW } from '../../support/builders.ts';
import { checkPromises } from '../../support/promises.ts';
import { RevocationLedger } from './revocationLedger.ts';

export const REVOCATIONS_MOST = 2;

/** Three departments whose promises come to more than there is: each may borrow what the others leave. */
export function contested(revocationsMost = REVOCATIONS_MOST) {
  const preemption: Partial<PreemptionTerms> = {
    graceSeconds: 60,
    minimumRunSeconds: 300,
    revocationsMost,
  };
  const classes = ['critical', 'production', 'standard', 'batch'].map((name, rank) => ({
    name,
    rank,
    targetWaitSeconds: 60,
    maxDurationSeconds: 86_400,
    preemption,
  }));
  const organisation = aConfiguration()
    .classes(...classes)
    .terms({ heartbeatTimeoutSeconds: 600, startLimitSeconds: 600 });
  for (const name of ['alpha', 'beta', 'gamma']) {
    organisation.department(name).agent(`${name}-1`).agent(`${name}-2`);
    organisation.quota(name, 'gpu', { nominal: 8, borrow: 10, lend: 6, cohort: 'all' });
  }
  return organisation.pool(aPool('gpu-a').gpu(12), aPool('gpu-b').gpu(10)).build();
}

export interface Run {
  readonly seed: number;
  readonly stepMs: number;
  readonly lastsMs: number;
  readonly revocationsMost?: number;
  readonly committed?: WorldOptions['committed'];
}

export async function play(run: Run) {
  const ledger = new RevocationLedger();
  const solver = createInProcessSolver();
  const adversary = await Adversary.open({
    configuration: contested(run.revocationsMost),
    startsAt: NOW,
    solver,
    digest: sha256,
    seed: run.seed,
    stepMs: run.stepMs,
    committed: (commit, snapshot) => {
      ledger.note(commit);
      run.committed?.(commit, snapshot);
    },
  });
  await adversary.run(NOW + run.lastsMs);
  await solver.close();
  return { ledger, world: adversary.world, violations: checkPromises(adversary.world.dump()) };
}
