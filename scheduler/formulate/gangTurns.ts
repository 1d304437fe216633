// Which complete gangs a tick looks at: as many as its counted steps allow, in order of class and age, going on where the tick before stopped.
// Invariant: between two looks at a gang every other complete gang is looked at once at most, so that no gang can be starved by the bound.
// Called by index.ts.

import type { Configuration } from '../domain/configuration.ts';
import { lookupOf } from '../domain/lookup.ts';
import type { GangTurn } from '../domain/state.ts';
import {
  GANG_STEPS_OF_TICK,
  type Gang,
  type GangColumns,
  type GangInput,
  gangColumns,
  isComplete,
} from './gangs.ts';
import type { Room } from './room.ts';

export interface GangLooks {
  /** Gang -> its columns, of those that were looked at. */
  readonly found: ReadonlyMap<Gang, GangColumns>;
  /** Ids of complete gangs that wait for a later tick's steps. */
  readonly unseen: ReadonlySet<string>;
  /** Ids of gangs that fit nowhere, by a search that was not cut: what a plan takes cannot make them fit. */
  readonly hopeless: ReadonlySet<string>;
  /** The last gang looked at while others were not; null when all were. */
  readonly turn: GangTurn | null;
}

export function lookAtGangs(
  gangs: ReadonlyMap<string, Gang>,
  input: Omit<GangInput, 'gangs' | 'work' | 'opened'>,
  { after, roomOf }: { after: GangTurn | null; roomOf: (gang: Gang) => Room },
): GangLooks {
  const complete = inTurn(gangs, input.configuration, after);
  const shared: GangInput = { ...input, gangs: complete.length, work: { steps: 0 }, opened: new Map() };
  const found = new Map<Gang, GangColumns>();
  const unseen = new Set<string>();
  const hopeless = new Set<string>();
  let last: GangTurn | null = null;
  for (const { gang, turn } of complete) {
    if (shared.work.steps >= GANG_STEPS_OF_TICK) {
      unseen.add(gang.terms.id);
      continue;
    }
    const room = roomOf(gang);
    const looked = gangColumns(gang, room === shared.room ? shared : { ...shared, room, opened: new Map() });
    found.set(gang, looked);
    if (looked.complete && looked.columns.length === 0) hopeless.add(gang.terms.id);
    last = turn;
  }
  return { found, unseen, hopeless, turn: unseen.size > 0 ? last : null };
}

function inTurn(
  gangs: ReadonlyMap<string, Gang>,
  configuration: Configuration,
  after: GangTurn | null,
): { gang: Gang; turn: GangTurn }[] {
  const { classes } = lookupOf(configuration);
  const complete = [...gangs.values()].filter(isComplete).map((gang) => {
    const [{ request, sequence }] = gang.members as [Gang['members'][number]];
    return { gang, turn: { rank: classes.get(request.terms.class)!.rank, sequence } };
  });
  complete.sort((a, b) => compareTurns(a.turn, b.turn));
  if (after === null) return complete;
  const isBehind = ({ turn }: { turn: GangTurn }): boolean => compareTurns(turn, after) > 0;
  return [...complete.filter(isBehind), ...complete.filter((one) => !isBehind(one))];
}

function compareTurns(a: GangTurn, b: GangTurn): number {
  return a.rank - b.rank || a.sequence - b.sequence;
}
