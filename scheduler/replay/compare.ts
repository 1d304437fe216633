// Whether a tick that was decided again is the recorded one, and where it is first another.
// Invariant: digests are compared in the order in which a tick makes them, so that the first difference names the step that went another way.

import type { TickDigests, TickRecord } from '../domain/tickRecord.ts';
import type { TickCommit } from '../ports.ts';

export interface ReplayDifference {
  /** "digests.plan", "record.counts", "events[3].data": the first place, in the order of the tick's steps. */
  readonly at: string;
  readonly recorded: string;
  readonly replayed: string;
}

const DIGESTS: readonly (keyof TickDigests)[] = ['snapshot', 'model', 'plan', 'certificate', 'revocations'];
/** What decided, before what was decided: another build of the engine explains all that follows. */
const FIRST_FIELDS: readonly (keyof TickRecord)[] = [
  'policyRevision',
  'dataRevision',
  'configurationRevision',
];

export function firstDifference(
  recorded: { readonly record: TickRecord; readonly events?: TickCommit['events'] },
  commit: TickCommit | null,
): ReplayDifference | null {
  const { record: want } = recorded;
  if (commit === null) return { at: 'commit', recorded: `tick ${want.tick}`, replayed: 'nothing to commit' };
  const { record: found } = commit;
  for (const field of FIRST_FIELDS)
    if (isOther(want[field], found[field])) return at(`record.${field}`, want[field], found[field]);
  if (isOther(want.engineBuild, found.engineBuild) && want.engine === found.engine)
    return at('record.engineBuild', want.engineBuild, found.engineBuild);
  for (const name of DIGESTS)
    if (isOther(want.digests[name], found.digests[name]))
      return at(`digests.${name}`, want.digests[name], found.digests[name]);
  for (const field of Object.keys({ ...want, ...found }) as (keyof TickRecord)[]) {
    // Timings are another run's, and the digest follows from all the others.
    if (field === 'timings' || field === 'digest') continue;
    if (isOther(want[field], found[field])) return at(`record.${field}`, want[field], found[field]);
  }
  if (want.digest !== found.digest) return at('record.digest', want.digest, found.digest);
  return recorded.events === undefined ? null : eventDifference(recorded.events, commit.events);
}

function eventDifference(want: TickCommit['events'], found: TickCommit['events']): ReplayDifference | null {
  for (let i = 0; i < Math.max(want.length, found.length); i++)
    if (isOther(canonical(want[i]), canonical(found[i]))) return at(`events[${i}]`, want[i], found[i]);
  return null;
}

/** A log that was read back may have its keys in another order. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, canonical(one)]),
  );
}

function isOther(a: unknown, b: unknown): boolean {
  return a !== b && JSON.stringify(a) !== JSON.stringify(b);
}

const SHOWN = 200;

function at(place: string, recorded: unknown, replayed: unknown): ReplayDifference {
  const text = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, SHOWN);
  return { at: place, recorded: text(recorded), replayed: text(replayed) };
}
