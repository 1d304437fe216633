// Step 9 of the tick: the record of what went in and came out, its digest chained to the previous tick's, and one commit of everything.
// Invariant: timings stand outside the digest; the same inputs give the same digest in every process. Called by tick.ts alone.

import { liveLease } from './domain/apply.ts';
import type { Change } from './domain/change.ts';
import { eventsOf } from './domain/eventsOf.ts';
import type { Instant } from './domain/quantity.ts';
import type { State } from './domain/state.ts';
import type { TickInputs } from './domain/tickInputs.ts';
import type { TickCounts, TickRecord } from './domain/tickRecord.ts';
import type { Formulation } from './formulate/index.ts';
import type { PolicyRevisions } from './gate.ts';
import { policyStandings } from './policyStandings.ts';
import type { Digest, TickCommit } from './ports.ts';
import type { Revocations } from './preemption/planning.ts';
import type { Snapshot } from './snapshot.ts';
import type { Solved } from './solving.ts';

export interface Decided {
  readonly tick: number;
  readonly now: Instant;
  readonly intake: readonly number[];
  readonly changes: readonly Change[];
  readonly problem: { readonly snapshot: Snapshot; readonly formulation: Formulation };
  readonly solved: Pick<Solved, 'plan' | 'solution' | 'stages' | 'revocations' | 'warm'>;
  readonly digests: TickRecord['digests'];
  readonly timings: TickRecord['timings'];
  readonly inputs: TickInputs;
}

export function composeCommit(
  state: State,
  decided: Decided,
  ports: { policy: PolicyRevisions; digest: Digest; previousDigest: string },
): TickCommit {
  const { policyRevision } = ports.policy;
  const events = eventsOf(decided.changes, {
    cell: state.cell,
    tick: decided.tick,
    epoch: state.epoch,
    now: decided.now,
    policyRevision,
    firstSequence: state.eventSequence + 1,
    leaseOf: (id) => state.justEnded.get(id) ?? liveLease(state, id),
  });
  state.justEnded.clear();
  const record = recordOf(state, decided, ports);
  return {
    cell: state.cell,
    epoch: state.epoch,
    record,
    intake: decided.intake,
    changes: decided.changes,
    events,
  };
}

function recordOf(
  state: State,
  decided: Decided,
  ports: { policy: PolicyRevisions; digest: Digest; previousDigest: string },
): TickRecord {
  const { solution, stages, warm, revocations, plan } = decided.solved;
  const rules = policyStandings(decided.problem.snapshot, plan);
  const inputs = {
    cell: state.cell,
    tick: decided.tick,
    epoch: state.epoch,
    now: decided.now,
    policyRevision: ports.policy.policyRevision,
    dataRevision: ports.policy.dataRevision,
    configurationRevision: state.configuration.revision,
    engine: solution?.engine ?? 'none',
    engineBuild: solution?.engineBuild ?? 'none',
    engineCalled: solution?.engineCalled ?? false,
    work: solution?.work ?? { simplexIterations: 0, lpCalls: 0, mipCalls: 0, dpCells: 0 },
    fault: solution?.fault ?? null,
    termination: solution?.termination ?? ('none' as const),
    stages,
    warm,
    ...(state.pastUse && { pastUse: state.pastUse }),
    counts: countsOf(state, decided),
    ...(rules.length > 0 && { rules }),
    ...revocationsRecord(revocations),
    ...toldBy(decided.changes),
    activated: decided.changes.flatMap((change) => (change.type === 'leaseActivated' ? [change.lease] : [])),
    lapsed: decided.changes.flatMap((change) =>
      change.type === 'leaseEnded' && change.end === 'expired' ? [change.lease] : [],
    ),
    inputs: decided.inputs,
    digests: decided.digests,
    previousDigest: ports.previousDigest,
  };
  return { ...inputs, digest: ports.digest([JSON.stringify(inputs)]), timings: decided.timings };
}

function toldBy(changes: readonly Change[]): Pick<TickRecord, 'told'> {
  const told = changes.flatMap((change) =>
    change.type === 'leaseGranted' && change.told
      ? [{ request: change.lease.request, lease: change.lease.id, ...change.told }]
      : [],
  );
  return told.length === 0 ? {} : { told };
}

/** Nothing, while there is nobody to look at: a tick without nominees has the record that it always had. */
function revocationsRecord({ looked, left, refused, records }: Revocations): Pick<TickRecord, 'revocations'> {
  if (looked + left + refused + records.length === 0) return {};
  return { revocations: { looked, left, refused, plans: records } };
}

function countsOf(state: State, decided: Decided): TickCounts {
  const outcomes = { granted: 0, waiting: 0, denied: 0, expired: 0, cancelled: 0 };
  let released = 0;
  for (const change of decided.changes) {
    if (change.type === 'decided') outcomes[change.outcome] += 1;
    if (change.type === 'leaseEnded') released += 1;
  }
  return {
    pending: state.requests.size,
    columns: decided.problem.formulation.model.columnCount,
    rows: decided.problem.formulation.model.rowCount,
    ...outcomes,
    released,
  };
}
