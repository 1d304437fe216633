// One turn of a cell's scheduler: a batch in, a plan out, committed or dropped whole. This is the product on one screen.
// Steps are numbered as the flow in docs/ARCHITECTURE.md; 1 (submit) and 8 (lease) happen at the edge.
// Invariant: no clock, id or chance inside; `now` was read once by the database. Called by runner.ts, and by simulations with the same ports.

import { adopt } from './adopt.ts';
import { denyHopelessExtensions } from './commands/lease.ts';
import { denyImpossible } from './commands/submit.ts';
import { composeCommit } from './commit.ts';
import { decide } from './decide.ts';
import { apply } from './domain/apply.ts';
import type { Change } from './domain/change.ts';
import type { Configuration } from './domain/configuration.ts';
import type { Plan } from './domain/plan.ts';
import type { Instant } from './domain/quantity.ts';
import type { State } from './domain/state.ts';
import { fold } from './fold.ts';
import { type Formulation, type FormulationMemo, formulate, isUnfinished } from './formulate/index.ts';
import { gate } from './gate.ts';
import { advance, type Heartbeats } from './lifecycle.ts';
import { startPhases } from './phases.ts';
import type { IntakeBatch, SchedulerPorts, TickCommit } from './ports.ts';
import { freesPromised } from './reservations/checkpoints.ts';
import { comesDue } from './reservations/overdue.ts';
import { planReservations } from './reservations/planning.ts';
import { type Snapshot, takeSnapshot } from './snapshot.ts';
import { solveVerified } from './solving.ts';
import { tickDigests } from './tickDigests.ts';

export interface TickInput {
  readonly intake: IntakeBatch;
  readonly heartbeats: Heartbeats;
  readonly carry: TickCarry;
}

/** What one term of office keeps between ticks. Never part of a decision: the memo only saves work, `unfinished` and `gangsDue` only ask for another turn. */
export interface TickCarry {
  readonly memo: FormulationMemo;
  unfinished: boolean;
  /** Complete gangs that no tick has looked at since the last news; absent before the first tick. */
  gangsDue?: number;
  /** The configuration that all who wait were last held against; absent before the first tick. */
  reviewed?: Configuration;
  /** Up to when requests that became overdue, and promised starts that came, were looked at; absent before the first tick. */
  promisedAt?: Instant;
  /** `now` of the last tick that had a program; absent before the first. */
  decidedAt?: Instant;
}

/** `idle`: nothing new, nothing written. After `epochLost`, or a throw, the state is void and must be loaded again. */
export type TickResult =
  | { readonly type: 'idle' }
  | { readonly type: 'committed'; readonly commit: TickCommit; readonly again: boolean }
  | { readonly type: 'epochLost' };

export async function runTick(ports: SchedulerPorts, state: State, input: TickInput): Promise<TickResult> {
  const { intake, carry } = input;
  const tick = state.tick + 1;
  const phases = startPhases(ports.stopwatch);

  // 2. Fold, under the configuration of the intake: time first, then what people asked, in one order.
  const isNew = await adopt(ports, state, { revision: intake.revision, reviewed: carry.reviewed });
  const lapsed = advance(state, input.heartbeats, intake.now);
  const folded = [...fold(state, intake.rows, intake.now), ...reviewWaiting(state, carry)];
  phases.end('fold');

  // 3. Gate: one batched policy evaluation over whatever has no verdict under this policy and data.
  const gated = await gate(state, ports.policy, `${state.cell}/${tick}`);
  phases.end('gate');
  const happened = [...lapsed, ...folded, ...gated.changes];
  const hasNews = isNew || isNews(state, { carry, intake, happened });
  // Then promise: starts for those who waited too long, which the program that follows keeps.
  const promised = promise(state, { carry, now: intake.now, hasNews, happened, isNew });
  if (!hasNews && promised.length === 0 && !carry.unfinished) return { type: 'idle' };

  // 4. Snapshot and formulate: the integer program of everything that is allowed and waits.
  const snapshot = takeSnapshot(state, intake.now);
  const formulation = formulate(snapshot, carry.memo);
  carry.decidedAt = intake.now;
  passTurn(state, { carry, formulation, hasNews });
  phases.end('formulate');

  // 5. Solve and decode, in the solver's process; check rows, then plan, with code that made neither.
  const solved = await solveVerified(ports, snapshot, formulation);
  phases.end('solve');

  // Then decide: leases and ledger for the plan, reasons with numbers for the rest.
  const decided = decide(state, { snapshot, formulation, plan: solved.plan, tick });
  const changes = [...happened, ...promised, ...decided];
  phases.end('decode');
  if (changes.length + intake.rows.length === 0) {
    carry.unfinished = carry.gangsDue !== 0;
    return { type: 'idle' };
  }

  // 6. Commit: one transaction, refused only for a lost epoch.
  const digests = tickDigests(ports.digest, { snapshot, formulation, solved });
  const commit = composeCommit(
    state,
    {
      tick,
      now: intake.now,
      intake: intake.rows.map((row) => row.id),
      changes,
      formulation,
      solution: solved.solution,
      digests,
      timings: phases.timings(),
    },
    { policy: gated.under, digest: ports.digest, previousDigest: state.tickDigest },
  );
  if ((await ports.store.commit(commit)) === 'epochLost') return { type: 'epochLost' };
  state.tick = tick;
  state.tickDigest = commit.record.digest;
  state.eventSequence += commit.events.length;

  // 7. Stream: SSE, relay and metrics take it from here, in order.
  ports.observer.committed(commit, snapshot);
  carry.unfinished =
    state.extensions.size > 0 || carry.gangsDue !== 0 || mayGrantMore(snapshot, formulation, solved.plan);
  return { type: 'committed', commit, again: carry.unfinished };
}

/** Once a configuration: what waits and has become impossible is denied, and the steps after this one need not know of it. */
function reviewWaiting(state: State, carry: TickCarry): Change[] {
  if (carry.reviewed === state.configuration) return [];
  carry.reviewed = state.configuration;
  const denied = [...denyImpossible(state), ...denyHopelessExtensions(state)];
  for (const change of denied) apply(state, change);
  return denied;
}

/**
 * Of more gangs than one tick has steps for, the next tick looks at those behind. Without news a gang that did not fit still does not, so
 * that ticks go on by themselves only until each has been looked at once.
 */
function passTurn(
  state: State,
  { carry, formulation, hasNews }: { carry: TickCarry; formulation: Formulation; hasNews: boolean },
): void {
  const { found, unseen, turn } = formulation.gangs;
  state.gangTurn = turn;
  const before = hasNews ? unseen.size : (carry.gangsDue ?? 0) - found.size;
  carry.gangsDue = Math.max(0, Math.min(unseen.size, before));
}

/** What this tick left out, or set free without seeing it. */
function mayGrantMore(snapshot: Snapshot, formulation: Formulation, plan: Plan): boolean {
  return isUnfinished(formulation, plan) || freesPromised(snapshot.reservations, plan);
}

interface Happened {
  readonly carry: TickCarry;
  /** What time, people and the policy have changed. */
  readonly happened: readonly Change[];
}

function isNews(state: State, { carry, intake, happened }: Happened & { intake: IntakeBatch }): boolean {
  if (intake.rows.length + happened.length > 0 || carry.decidedAt === undefined) return true;
  return beganPeriod(state, carry, intake.now);
}

/** Time alone makes a request overdue, and brings a promised start: looked for once each, whatever else is new. */
function promise(
  state: State,
  input: Happened & { readonly now: Instant; readonly hasNews: boolean; readonly isNew: boolean },
): Change[] {
  const { carry, now, hasNews, isNew, happened } = input;
  const since = carry.promisedAt ?? Number.NEGATIVE_INFINITY;
  carry.promisedAt = now;
  if (!hasNews && !carry.unfinished && !comesDue(state, since, now)) return [];
  const isFreed = isNew || hasFreed(state, happened, now);
  return planReservations(state, { now, memo: carry.memo, isFreed });
}

/** A lease ended before its declared end, or somebody who may have been promised a start waits no more. */
function hasFreed({ justEnded }: State, happened: readonly Change[], now: Instant): boolean {
  for (const { endsAt } of justEnded.values()) if (endsAt > now) return true;
  return happened.some((change) => change.type === 'decided' && change.outcome !== 'waiting');
}

/** Fresh money is the one thing that time alone brings to those who wait. */
function beganPeriod({ configuration, requests }: State, { decidedAt }: TickCarry, now: Instant): boolean {
  if (decidedAt === undefined || requests.size === 0) return false;
  return configuration.accounts.some(({ periods }) =>
    periods.some(({ startsAt }) => decidedAt < startsAt && startsAt <= now),
  );
}
