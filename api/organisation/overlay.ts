// The organisation as its files say it, with the edits that were made while it ran laid over it. Pure; called by the composition roots.
// Invariant: edits apply in the order in which they were made; one that no longer applies is named and left out, never half of it.

import { applyEdit, type Configuration, type Digest } from '../../scheduler/index.ts';
import type { KeptEdit } from '../ports.ts';

export interface Overlaid {
  readonly configuration: Configuration;
  readonly dropped: readonly { readonly object: string; readonly why: string }[];
}

export function overlaid(base: Configuration, edits: readonly KeptEdit[], digest: Digest): Overlaid {
  let configuration = base;
  const dropped: { object: string; why: string }[] = [];
  for (const { object, edit } of edits) {
    const edited = applyEdit(configuration, edit, digest);
    switch (edited.type) {
      case 'applied':
        configuration = edited.configuration;
        break;
      case 'absent':
        // What was to be taken out stands in the files no more either: as it was wanted.
        break;
      case 'refused':
        dropped.push({ object, why: edited.problems.map(({ message }) => message).join('; ') });
        break;
      default: {
        const never: never = edited;
        throw new Error(`unknown outcome ${JSON.stringify(never)}`);
      }
    }
  }
  return { configuration, dropped };
}
