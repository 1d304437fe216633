// The checker of the promises: one pure function over everything that a store holds, and what was acknowledged and streamed.
// Invariant: it shares no code with the scheduler or a store, and each check is proved by a planted breach. Called by crash rigs and simulations.

import type { StoreDump } from '../../adapters/memory/store.ts';
import { checkAccounts } from './promises/accounts.ts';
import { checkApprovals } from './promises/approvals.ts';
import { checkCapacity } from './promises/capacity.ts';
import { checkEvents, checkStream } from './promises/events.ts';
import { checkIntake } from './promises/intake.ts';
import { checkOutcomes } from './promises/outcomes.ts';
import { checkRevocations } from './promises/revocations.ts';
import { checkTicks } from './promises/ticks.ts';

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
  | 'S13';

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
