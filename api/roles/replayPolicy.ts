// The policy of a replay: a bundle in this process, judging by the organisation that each tick was decided under.

import { inProcessPolicy, type PolicyBundle } from '../../policies/index.ts';
import { defaultBundle } from '../../policies/node.ts';
import type { Configuration, PolicyGate } from '../../scheduler/index.ts';
import { policyDataOf } from '../policyData.ts';
import { policyGate } from './policyGate.ts';

export interface ReplayPolicy {
  readonly gate: PolicyGate;
  close(): Promise<void>;
}

/** `bundle` absent: the one that ships. @throws when the bundle does not load, or does not take the organisation. */
export async function replayPolicy(
  configuration: Configuration,
  bundle?: PolicyBundle,
): Promise<ReplayPolicy> {
  const service = await inProcessPolicy({
    bundle: bundle ?? (await defaultBundle()),
    data: policyDataOf(configuration),
  });
  return { gate: policyGate(service), close: () => service.close() };
}
