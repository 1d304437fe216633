// Brings an organisation that was read from files into force, with the edits that stand over it, by compare-and-swap.
// Invariant: an edit that is stored meanwhile is never lost: the swap fails and the edits are read again. Called at a start and by renewal.ts.

import type { Configuration, Digest } from '../../scheduler/index.ts';
import { overlaid } from '../organisation/index.ts';
import type { ConfigurationStore } from '../ports.ts';

export interface Establishment {
  readonly store: ConfigurationStore;
  /** As the files say it. */
  readonly base: Configuration;
  /** Digest of the files. */
  readonly files: string;
  readonly digest: Digest;
  readonly log: (line: string) => void;
}

/** Whatever the files were before: who starts a server with files means them. */
export async function establish(what: Establishment): Promise<Configuration> {
  for (;;) {
    const stored = await tryOnce(what);
    if (stored !== null) return stored;
  }
}

/** Null when the organisation was loaded from other files since: they are not ours to overrule. */
export async function renewIfOurs(what: Establishment): Promise<Configuration | null> {
  for (;;) {
    if ((await what.store.base(what.base.cell)) !== what.files) return null;
    const stored = await tryOnce(what);
    if (stored !== null) return stored;
  }
}

async function tryOnce({ store, base, files, digest, log }: Establishment): Promise<Configuration | null> {
  const { cell } = base;
  const from = await store.currentRevision(cell);
  const { configuration, dropped } = overlaid(base, await store.edits(cell), digest);
  const outcome = await store.swap({
    from,
    to: configuration,
    kept: [],
    dropped: dropped.map(({ object }) => object),
    base: files,
    act: null,
  });
  if (outcome === 'superseded') return null;
  for (const { object, why } of dropped)
    log(`the edit of ${object} no longer applies and is dropped: ${why}`);
  return configuration;
}
