// The checker of the promises: one pure function over everything that a store holds, and what was acknowledged and streamed.
// Invariant: it shares no code with the scheduler or a store, and each check is proved by a planted breach. Called by crash rigs and simulations,
// which alone can see S14 and L1 to L4.

import type { StoreDump } from '../../adapters/memory/store.ts';
import { checkAccounts } from './accounts.ts';
import { checkApprovals } from './approvals.ts';
import { checkCapacity } from './capacity.ts';
import { checkEvents, checkStream } from './events.ts';
import { checkIntake } from './intake.ts';
import { checkOutcomes } from './outcomes.ts';
import { checkRevocations } from './revocations.ts';
import { checkTicks } from './ticks.ts';

export type PromiseName =
  | 'S1'
  | 'S2'
  | 'S3'
  | 'S4'
  | 'S5'
  | 'S6'
  | 'S7'
  | 'S8'
  | 'S9'
  | 'S10'
  | 'S11'
  | 'S13'
  | 'S14'
  | 'L1'
  | 'L2'
  | 'L3'
  | 'L4';

export interface Violation {
  readonly promise: PromiseName;
  readonly what: string;
}

/** What the outside was told, where a rig has it. */
export interface Witnesses {
  /** Requests whose submit was answered with success. */
  readonly acknowledged?: readonly string[];
  /** Events in the order in which a sink received them, repeats and all. */
  readonly streamed?: readonly { readonly id: string; readonly request: string; readonly sequence: number }[];
}

export function checkPromises(dump: StoreDump, witnesses: Witnesses = {}): Violation[] {
  return [
    ...checkCapacity(dump),
    ...checkAccounts(dump),
    ...checkIntake(dump, witnesses.acknowledged ?? []),
    ...checkOutcomes(dump),
    ...checkTicks(dump),
    ...checkEvents(dump),
    ...checkRevocations(dump),
    ...checkApprovals(dump),
    ...(witnesses.streamed ? checkStream(dump, witnesses.streamed) : []),
  ];
}
