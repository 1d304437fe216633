// One turn of a cell's scheduler: a batch in, a plan out, committed or dropped whole. This is the product on one screen.
// Steps are numbered as the flow in docs/ARCHITECTURE.md; 1 (submit) and 8 (lease) happen at the edge.
// Invariant: no clock, id or chance inside; `now` was read once by the database. Called by runner.ts, and by simulations with the same ports.

import type { Warm } from '../solver/index.ts';
import { adopt } from './adopt.ts';
import { followApprovals } from './approvals.ts';
import { denyHopelessExtensions } from './commands/lease.ts';
import { denyImpossible } from './commands/submit.ts';
import { composeCommit } from './commit.ts';
import { decide } from './decide.ts';
import { apply } from './domain/apply.ts';
import type { Change } from './domain/change.ts';
import type { Configuration } from './domain/configuration.ts';
import type { LeaseId } from './domain/ids.ts';
import type { Plan } from './domain/plan.ts';
import type { PolicyRules } from './domain/policyRow.ts';
import type { Instant } from './domain/quantity.ts';
import type { State } from './domain/state.ts';
import type { Carried } from './domain/tickInputs.ts';
import { countUse } from './fairness.ts';
import { fold } from './fold.ts';
import { type Formulation, type FormulationMemo, formulate, isUnfinished } from './formulate/index.ts';
import { gate } from './gate.ts';
import { noteInputs } from './inputs.ts';
import { advance, type Heartbeats } from './lifecycle.ts';
import { startPhases } from './phases.ts';
import type { IntakeBatch, SchedulerPorts, TickCommit } from './ports.ts';
import { honourEarmarks } from './preemption/honour.ts';
import { noteOutsideEvents } from './preemption/outside.ts';
import type { Revocations } from './preemption/planning.ts';
import { nextTakeableAt } from './preemption/question.ts';
import { dropOrphans } from './preemption/revoke.ts';
import { renew } from './renewals.ts';
import { freesPromised } from './reservations/checkpoints.ts';
import { holdingOf } from './reservations/holds.ts';
import { comesDue, owesPromise } from './reservations/overdue.ts';
import { planReservations } from './reservations/planning.ts';
import { type Snapshot, takeSnapshot } from './snapshot.ts';
import { decidedOf, solveVerified } from './solving.ts';

export interface TickInput {
  readonly intake: IntakeBatch;
  readonly heartbeats: Heartbeats;
  readonly carry: TickCarry;
}

/**
 * What one term of office keeps between ticks. The memo only saves work, `unfinished` and `gangsDue` only ask for another turn; `warm` may
 * move a decision among equals, and is recorded as an input of the tick.
 */
export interface TickCarry {
  readonly memo: FormulationMemo;
  unfinished: boolean;
  /** Complete gangs that no tick has looked at since the last news; absent before the first tick. */
  gangsDue?: number;
  /** Nominees, likewise. */
  nomineesDue?: number;
  /** When the next lease may have had its minimum run, while anybody waits; absent: none. */
  takeableAt?: Instant | undefined;
  /** The configuration that all who wait were last held against; absent before the first tick. */
  reviewed?: Configuration;
  /** Prices that the last solve left; absent or null: the next one starts cold, and its record says so. */
  warm?: Warm | null;
  /** Up to when requests that became overdue, and promised starts that came, were looked at; absent before the first tick. */
  promisedAt?: Instant;
  /** Somebody was told to wait for the first time who had waited too long already: looked at by the next tick. */
  isOwed?: boolean;
  /** `now` of the last tick that had a program; absent before the first. */
  decidedAt?: Instant;
  /** All of that as the last commit left it, so that the next record says what turns without one have changed; absent before the first. */
  remembered?: Carried;
  /** What the last record, or those before it, said of safe work and of the policy's rules. */
  saved?: ReadonlyMap<LeaseId, Instant>;
  rules?: PolicyRules | undefined;
}

/** `idle`: nothing new, nothing written. After `epochLost`, or a throw, the state is void and must be loaded again. */
export type TickResult =
  | { readonly type: 'idle' }
  | { readonly type: 'committed'; readonly commit: TickCommit; readonly again: boolean }
  | { readonly type: 'epochLost' };

export async function runTick(ports: SchedulerPorts, state: State, input: TickInput): Promise<TickResult> {
  const { intake, carry } = input;
  const tick = state.tick + 1;
  const noted = noteInputs(ports, state, input);
  const phases = startPhases(ports.stopwatch);

  // 2. Fold, under the configuration of the intake: time first, then what people asked, in one order.
  const since = countUse(state, intake.now);
  const isNew = await adopt(ports, state, { revision: intake.revision, reviewed: carry.reviewed });
  const lapsed = advance(state, input.heartbeats, intake.now);
  const opened = [...fold(state, intake.rows, intake.now), ...reviewWaiting(state, carry)];
  const folded = [...opened, ...renew(state, { since, now: intake.now })];
  phases.end('fold');

  // 3. Gate: one batched policy evaluation over whatever has no verdict under this policy and data.
  const gated = await gate(state, ports.policy, `${state.cell}/${tick}`);
  const asked = followApprovals(state, { now: intake.now, tick, digest: ports.digest });
  const happened = [...lapsed, ...folded, ...gated.changes, ...asked];
  noteOutsideEvents(state, { tick, isNew, changes: happened });
  happened.push(...dropOrphans(state));
  phases.end('gate');
  const hasNews = intake.rows.length + happened.length > 0 || isNew || isDue(state, carry, intake.now);
  // Then promise: starts for those who waited too long, which the program that follows keeps.
  const promised = promise(state, { carry, now: intake.now, hasNews, happened, isNew });
  if (!hasNews && promised.length === 0 && !carry.unfinished) return { type: 'idle' };

  // 4. Snapshot and formulate: the integer program of everything that is allowed and waits.
  const snapshot = takeSnapshot(state, intake.now);
  const honoured = honourEarmarks(snapshot);
  const formulation = formulate(honoured.rest, carry.memo);
  carry.decidedAt = intake.now;
  passTurn(state, { carry, formulation, hasNews });
  phases.end('formulate');

  // 5. Solve and decode, in the solver's process; check rows, then plan, with code that made neither.
  const problem = { snapshot, honoured, formulation, warm: carry.warm ?? null };
  const solved = await solveVerified(noted.ports, problem);
  carry.warm = solved.solution?.carry ?? problem.warm;
  phases.end('solve');

  // Then decide: leases and ledger for the plan, reasons with numbers for the rest.
  const decided = decide(state, { snapshot, formulation, plan: solved.plan, tick });
  const changes = [...happened, ...promised, ...decided];
  passNominees(state, { carry, now: intake.now, revocations: solved.revocations, hasNews });
  carry.isOwed = owesPromise(state, decided, intake.now);
  phases.end('decode');
  if (changes.length + intake.rows.length === 0) {
    carry.unfinished = isLooking(carry);
    return { type: 'idle' };
  }

  // 6. Commit: one transaction, refused only for a lost epoch; the loop folds the next tick while this one is on its way (commitLine.ts).
  const made = { tick, now: intake.now, intake: intake.rows.map(({ id }) => id), changes, problem, solved };
  const { digests } = decidedOf(ports, problem, solved);
  const inputs = noted.of({ gated: gated.changes, happened, snapshot });
  const under = { policy: gated.under, digest: ports.digest, previousDigest: state.tickDigest };
  const commit = composeCommit(state, { ...made, digests, inputs, timings: phases.timings() }, under);
  if ((await ports.store.commit(commit)) === 'epochLost') return { type: 'epochLost' };
  state.tick = tick;
  state.tickDigest = commit.record.digest;
  state.eventSequence += commit.events.length;

  // 7. Stream: SSE, relay and metrics take it from here, in order.
  const program = solved.solution && { formulation, solution: solved.solution };
  ports.observer.committed(commit, { snapshot, plan: solved.plan, program });
  carry.unfinished =
    state.extensions.size > 0 || isLooking(carry) || mayGrantMore(snapshot, formulation, solved.plan);
  noted.remember(snapshot);
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

/** Time alone makes a request overdue, and brings a promised start: looked for once each, whatever else is new. */
function promise(
  state: State,
  input: Happened & { readonly now: Instant; readonly hasNews: boolean; readonly isNew: boolean },
): Change[] {
  const { carry, now, hasNews, isNew, happened } = input;
  const since = carry.promisedAt ?? Number.NEGATIVE_INFINITY;
  carry.promisedAt = now;
  const isOwed = carry.isOwed === true;
  carry.isOwed = false;
  if (!hasNews && !carry.unfinished && !isOwed && !comesDue(state, since, now)) return [];
  const isFreed = isNew || hasFreed(state, happened, now);
  return planReservations(state, { now, memo: carry.memo, isFreed, holding: holdingOf(state, happened) });
}

/** A lease ended before its declared end, or somebody who may have been promised a start waits no more. */
function hasFreed({ justEnded }: State, happened: readonly Change[], now: Instant): boolean {
  for (const { endsAt } of justEnded.values()) if (endsAt > now) return true;
  return happened.some((change) => change.type === 'decided' && change.outcome !== 'waiting');
}

/** As `passTurn`, of nominees; and when it is worth another look though nothing happens. */
function passNominees(
  state: State,
  {
    carry,
    now,
    revocations,
    hasNews,
  }: { carry: TickCarry; now: Instant; revocations: Revocations; hasNews: boolean },
): void {
  const { looked, left, turn } = revocations;
  state.nomineeTurn = turn;
  const before = hasNews ? left : (carry.nomineesDue ?? 0) - looked;
  carry.nomineesDue = Math.max(0, Math.min(left, before));
  carry.takeableAt = nextTakeableAt(state, now);
}

/** Gangs or nominees are left that no tick has looked at since the last news. */
function isLooking({ gangsDue, nomineesDue }: TickCarry): boolean {
  return gangsDue !== 0 || nomineesDue !== 0;
}

/** What time alone brings to those who wait: fresh money, and leases that have had their minimum run. A new leader decides about all. */
function isDue(
  { configuration, requests }: State,
  { decidedAt, takeableAt }: TickCarry,
  now: Instant,
): boolean {
  if (decidedAt === undefined || (takeableAt !== undefined && takeableAt <= now)) return true;
  if (requests.size === 0) return false;
  return configuration.accounts.some(({ periods }) =>
    periods.some(({ startsAt }) => decidedAt < startsAt && startsAt <= now),
  );
}
