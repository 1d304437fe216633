// The organisation as its files say it, with the edits that were made while it ran laid over it. Pure; called by the composition roots.
// Invariant: an edit that rests on another (a quota on a new pool) applies whichever of the two was touched last; one that no longer
// applies at all is named and left out, never half of it.

import { applyEdit, type Configuration, type Digest } from '../../scheduler/index.ts';
import type { KeptEdit } from '../ports.ts';

export interface Overlaid {
  readonly configuration: Configuration;
  readonly dropped: readonly { readonly object: string; readonly why: string }[];
}

/** In rounds: what is refused is tried again after the others, for as long as a round brings anything. */
export function overlaid(base: Configuration, edits: readonly KeptEdit[], digest: Digest): Overlaid {
  let configuration = base;
  let left = edits;
  for (;;) {
    const round = layOn(configuration, left, digest);
    configuration = round.configuration;
    if (round.refused.length === 0 || round.refused.length === left.length)
      return { configuration, dropped: round.refused.map(({ kept, why }) => ({ object: kept.object, why })) };
    left = round.refused.map(({ kept }) => kept);
  }
}

interface Round {
  readonly configuration: Configuration;
  readonly refused: readonly { readonly kept: KeptEdit; readonly why: string }[];
}

function layOn(base: Configuration, edits: readonly KeptEdit[], digest: Digest): Round {
  let configuration = base;
  const refused: { kept: KeptEdit; why: string }[] = [];
  for (const kept of edits) {
    const edited = applyEdit(configuration, kept.edit, digest);
    switch (edited.type) {
      case 'applied':
        configuration = edited.configuration;
        break;
      case 'absent':
        // What was to be taken out stands in the files no more either: as it was wanted.
        break;
      case 'refused':
        refused.push({ kept, why: edited.problems.map(({ message }) => message).join('; ') });
        break;
      default: {
        const never: never = edited;
        throw new Error(`unknown outcome ${JSON.stringify(never)}`);
      }
    }
  }
  return { configuration, refused };
}
