// Brings an organisation that was read from files into force, with the edits that stand over it, by compare-and-swap.
// Invariant: an edit that is stored meanwhile is never lost: the swap fails and the edits are read again. Called at a start and by renewal.ts.

import type { Configuration, Digest, Timers } from '../../scheduler/index.ts';
import { overlaid } from '../organisation/index.ts';
import type { ConfigurationStore } from '../ports.ts';
import { allotmentAct } from './allotmentAct.ts';

export interface Establishment {
  readonly store: ConfigurationStore;
  /** As the files say it. */
  readonly base: Configuration;
  /** Digest of the files. */
  readonly files: string;
  readonly digest: Digest;
  readonly timers: Timers;
  /** How often it looks whether other cells have given up what is to be allotted here; a renewal looks once, and again an hour later. */
  readonly looksMost?: number;
  readonly log: (line: string) => void;
}

/** Other cells give up what they are allotted less of with their next tick, and with the end of leases that hold it. */
const ALLOTMENT_LOOK_MS = 250;
const ALLOTMENT_LOOKS_MOST = 120;

/** Other cells hold on to what the files allot to this one. */
export class AllottedElsewhere extends Error {
  override name = 'AllottedElsewhere';
}

/** Whatever the files were before: who starts a server with files means them. @throws AllottedElsewhere */
export async function establish(what: Establishment): Promise<Configuration> {
  const stored = await untilStored(what, async () => true);
  if (stored === null) throw new Error('nothing but the files was asked for');
  return stored;
}

/** Null when the organisation was loaded from other files since: they are not ours to overrule. @throws AllottedElsewhere */
export function renewIfOurs(what: Establishment): Promise<Configuration | null> {
  return untilStored(what, async () => (await what.store.base(what.base.cell)) === what.files);
}

async function untilStored(
  what: Establishment,
  isOurs: () => Promise<boolean>,
): Promise<Configuration | null> {
  for (let looks = 0; looks < (what.looksMost ?? ALLOTMENT_LOOKS_MOST); ) {
    if (!(await isOurs())) return null;
    const { outcome, configuration } = await tryOnce(what);
    if (outcome === 'stored') return configuration;
    if (outcome === 'superseded') continue;
    if (looks === 0) what.log('allotments: other cells have not given up yet what is to be allotted here');
    looks += 1;
    await what.timers.sleep(ALLOTMENT_LOOK_MS);
  }
  throw new AllottedElsewhere(
    `cell ${what.base.cell}: other cells hold on to what the files allot to it; start their processes, or end the leases that hold it`,
  );
}

async function tryOnce({ store, base, files, digest, log }: Establishment) {
  const { cell } = base;
  const from = await store.currentRevision(cell);
  const before = from === null ? null : await store.current(cell);
  const { configuration, dropped } = overlaid(base, await store.edits(cell), digest);
  const outcome = await store.swap({
    from,
    to: configuration,
    kept: [],
    dropped: dropped.map(({ object }) => object),
    base: files,
    act: allotmentAct(before, configuration, digest),
  });
  if (outcome === 'stored')
    for (const { object, why } of dropped)
      log(`the edit of ${object} no longer applies and is dropped: ${why}`);
  return { outcome, configuration };
}
