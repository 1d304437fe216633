// What the next tick would say to one more request: the production tick over a copy of the leader's memory, with nothing behind it.
// Invariant: the state that it is given is read once, before the first wait, and never changed; nothing is written, told or kept.

import type { DecisionOutcome } from './domain/change.ts';
import { copyState } from './domain/copyState.ts';
import type { IntakeCommand, IntakeRow, Replaces } from './domain/intake.ts';
import type { Allocation, Reservation } from './domain/lease.ts';
import type { Instant } from './domain/quantity.ts';
import type { Reason } from './domain/reason.ts';
import type { ResourceRequest } from './domain/request.ts';
import type { State } from './domain/state.ts';
import type { FormulationMemo } from './formulate/index.ts';
import type { SchedulerPorts, TickCommit } from './ports.ts';
import { runTick } from './tick.ts';

/** What a dry run shares with the live scheduler. The solver is not the tick's: a dry run must never make a tick wait. */
export type DryRunPorts = Pick<SchedulerPorts, 'policy' | 'solver' | 'solveOptions' | 'digest'>;

export interface DryRunAnswer {
  readonly outcome: DecisionOutcome;
  readonly reasons: readonly Reason[];
  /** Of a grant: the option taken and what it would hold, and set aside. */
  readonly option: number | null;
  readonly allocations: readonly Allocation[];
  readonly reservations: readonly Reservation[];
  readonly endsAt: Instant | null;
  /** Proven gap of its class; null where nothing of the class was to be solved. */
  readonly gap: number | null;
  /** The tick that would decide, and the instant that it was taken for. */
  readonly tick: number;
  readonly at: Instant;
}

export interface DryRunAsked {
  readonly request: ResourceRequest;
  /** Present: it takes the place of that request. */
  readonly replaces?: Replaces;
  readonly now: Instant;
  readonly memo: FormulationMemo;
}

export async function dryRun(ports: DryRunPorts, state: State, asked: DryRunAsked): Promise<DryRunAnswer> {
  const { request, replaces, now, memo } = asked;
  const copy = copyState(state);
  const result = await runTick(detached(ports), copy, {
    intake: {
      rows: [rowOf({ type: 'submit', request, ...(replaces && { replaces }) }, now)],
      now,
      revision: copy.configuration.revision,
    },
    // Silence is not judged: who has not been heard by now may be heard by the tick.
    heartbeats: { heard: [], heardThrough: Number.NEGATIVE_INFINITY },
    carry: { memo, unfinished: false, reviewed: copy.configuration, decidedAt: now },
  });
  if (result.type !== 'committed') throw new Error(`a tick with a new request was ${result.type}`);
  return answerOf(result.commit, request);
}

function rowOf(command: Extract<IntakeCommand, { type: 'submit' }>, now: Instant): IntakeRow {
  const { department, agent } = command.request;
  return {
    id: 0,
    receivedAt: now,
    actor: { subject: agent, department, agent },
    command,
  };
}

function answerOf({ record, changes }: TickCommit, { id, terms }: ResourceRequest): DryRunAnswer {
  const decided = changes.find((change) => change.type === 'decided' && change.request === id);
  if (decided?.type !== 'decided') throw new Error(`${id} left its tick without a Decision`);
  const granted = changes.find((change) => change.type === 'leaseGranted' && change.lease.request === id);
  const lease = granted?.type === 'leaseGranted' ? granted.lease : null;
  return {
    outcome: decided.outcome,
    reasons: decided.reasons,
    option: lease?.option ?? null,
    allocations: lease?.allocations ?? [],
    reservations: lease?.reservations ?? [],
    endsAt: lease?.endsAt ?? null,
    gap: record.stages.find((stage) => stage.class === terms.class)?.gap ?? null,
    tick: record.tick,
    at: record.now,
  };
}

/** A tick's ports with nobody at the other end; a replay's too. A plan that does not pass its check is the live tick's to dump. */
export function detached(ports: DryRunPorts): SchedulerPorts {
  const never = (): never => {
    throw new Error('a tick without a world asks this of nobody');
  };
  return {
    ...ports,
    leadership: { acquire: never, renew: never, release: never },
    stateSource: { load: never },
    intake: { take: never },
    configuration: { current: never, revision: never },
    heartbeats: { since: never },
    store: { commit: async () => 'committed' },
    observer: { committed: () => undefined },
    dump: { write: async (name) => name },
    stopwatch: { elapsedMs: () => 0 },
    timers: { sleep: never },
  };
}
