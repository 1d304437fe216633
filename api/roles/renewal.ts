// Weeks and months come into force by themselves: the files, as they were read at the start, are expanded anew when another week or month
// begins. Invariant: nothing is read again from disk, and files that another process loaded since are left in force. Made by server.ts.

import type { Configuration, Digest, Instant, Timers } from '../../scheduler/index.ts';
import { horizonOf, type OrganisationText, parseOrganisation, problemLine } from '../organisation/index.ts';
import type { ConfigurationStore } from '../ports.ts';
import { type Background, inBackground } from './background.ts';
import { renewIfOurs } from './establishConfiguration.ts';

/** Windows reach weeks ahead and months two: an hour late is early enough. */
const CHECK_MS = 3_600_000;

export interface RenewalOptions {
  readonly texts: readonly OrganisationText[];
  readonly files: string;
  readonly cell: string;
  readonly store: ConfigurationStore;
  readonly digest: Digest;
  readonly now: () => Instant;
  readonly timers: Timers;
  readonly adopt: (configuration: Configuration) => void;
  readonly log: (line: string) => void;
}

export function startRenewal(options: RenewalOptions): Background {
  return inBackground((signal) => run(options, signal));
}

async function run(options: RenewalOptions, signal: AbortSignal): Promise<void> {
  let horizon = horizonOf(options.now());
  for (;;) {
    await options.timers.sleep(CHECK_MS, signal);
    if (signal.aborted) return;
    const next = horizonOf(options.now());
    if (next === horizon) continue;
    try {
      await renew(options);
      horizon = next;
    } catch (error) {
      // The horizon stays where it was, so that the next check tries again.
      options.log(`calendars: ${error}`);
    }
  }
}

async function renew({
  cell,
  texts,
  files,
  store,
  digest,
  now,
  timers,
  adopt,
  log,
}: RenewalOptions): Promise<void> {
  const loaded = parseOrganisation(texts, { now: now(), digest });
  if (!loaded.ok) throw new Error(loaded.problems.map(problemLine).join('; '));
  const base = loaded.cells.find((part) => part.cell === cell);
  if (base === undefined) throw new Error(`the files declare no cell ${cell}`);
  const stored = await renewIfOurs({ store, base, files, digest, timers, looksMost: 1, log });
  if (stored === null) {
    log('calendars: the organisation was loaded from other files since; this process renews it no more');
    return;
  }
  adopt(stored);
}
