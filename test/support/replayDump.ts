// Every tick of a store's dump decided again, from the first one on: what a replay of an export does, without the file in between.
// Invariant: nothing but the dump's rows reaches the replay. Used by the tests of promises S12, of crashes and of the replay itself.

import type { StoreDump } from '../../adapters/memory/tables.ts';
import { sha256 } from '../../adapters/system/digest.ts';
import type { Configuration, DomainEvent, IntakeRow, PolicyGate, TickRecord } from '../../scheduler/index.ts';
import { checkpointLines, type Standing, standingOf } from '../../scheduler/replay/checkpoint.ts';
import { type ReplayedTick, replayTick, standingOfNothing } from '../../scheduler/replay/replay.ts';
import type { SolverService } from '../../solver/index.ts';
import { createInProcessSolver } from '../../solver/node.ts';

export interface ReplayedDump {
  readonly ticks: readonly ReplayedTick[];
  /** Ticks whose replay came out otherwise, and where. */
  readonly different: readonly string[];
  readonly standing: Standing;
}

export interface ReplayOptions {
  readonly cell?: string;
  readonly policy?: PolicyGate;
  readonly solver?: SolverService;
  /** After so many ticks the standing is written down and read again, as a checkpoint is. */
  readonly checkpointEvery?: number;
  /** Bends a record before it is replayed. */
  readonly bend?: (record: TickRecord) => TickRecord;
}

export function rowsByTick(dump: StoreDump): Map<number, IntakeRow[]> {
  const rows = new Map<number, IntakeRow[]>();
  for (const row of dump.intake.toSorted((a, b) => a.id - b.id)) {
    if (row.tick === null) continue;
    const { id, received_at_ms: receivedAt, actor, command } = row;
    rows.set(row.tick, [...(rows.get(row.tick) ?? []), { id, receivedAt, actor, command }]);
  }
  return rows;
}

export function eventsByTick(dump: StoreDump): Map<number, DomainEvent[]> {
  const events = new Map<number, DomainEvent[]>();
  for (const row of dump.event.toSorted((a, b) => a.sequence - b.sequence)) {
    const event = {
      id: row.id,
      sequence: row.sequence,
      tick: row.tick,
      epoch: row.epoch,
      type: row.type,
      at: row.at_ms,
      department: row.department_id,
      agent: row.agent_id,
      request: row.request_id,
      lease: row.lease_id,
      policyRevision: row.policy_revision,
      data: row.data,
    } as DomainEvent;
    events.set(row.tick, [...(events.get(row.tick) ?? []), event]);
  }
  return events;
}

export function configurationsOf(dump: StoreDump): Map<string, Configuration> {
  return new Map(dump.configuration_revision.map(({ revision, document }) => [revision, document]));
}

export async function replayDump(dump: StoreDump, options: ReplayOptions = {}): Promise<ReplayedDump> {
  const { cell = 'main', checkpointEvery = 0, bend = (record) => record } = options;
  const solver = options.solver ?? createInProcessSolver();
  const configurations = configurationsOf(dump);
  const configuration = async (revision: string): Promise<Configuration> => {
    const found = configurations.get(revision);
    if (found === undefined) throw new Error(`no configuration ${revision}`);
    return found;
  };
  const rows = rowsByTick(dump);
  const events = eventsByTick(dump);
  const records = dump.tick.filter((one) => one.cell === cell).toSorted((a, b) => a.tick - b.tick);
  let standing = standingOfNothing(cell, [...configurations.values()][0]!);
  const ticks: ReplayedTick[] = [];
  for (const { tick, record } of records) {
    const replayed = await replayTick(
      { solver, digest: sha256, configuration, ...(options.policy && { policy: options.policy }) },
      standing,
      { record: bend(record), rows: rows.get(tick) ?? [], events: events.get(tick) ?? [] },
    );
    ticks.push(replayed);
    if (replayed.difference !== null) break;
    standing = replayed.standing;
    if (checkpointEvery > 0 && tick % checkpointEvery === 0)
      standing = standingOf([...checkpointLines(standing)].join(''), standing.state.configuration);
  }
  if (options.solver === undefined) await solver.close();
  const different = ticks.flatMap(({ tick, difference }) =>
    difference === null
      ? []
      : [`tick ${tick} ${difference.at}: ${difference.recorded} / ${difference.replayed}`],
  );
  return { ticks, different, standing };
}
