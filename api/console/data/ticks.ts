// The newest ticks, kept while a page shows them: read whole once, then a few at a time, laid over those that are known.
// Invariant: the newest first, without a gap, at most as many as were asked for. Used by the first page and the list of ticks.

import { useRef } from 'preact/hooks';
import type { Page } from '../../client/shapes.ts';
import type { Api } from './api.ts';
import { type Resource, useResource } from './resource.ts';
import type { Tick } from './shapes.ts';

/** So many are read again, and twice as many as came since the last time: both readings then meet. */
const FEW = 20;

/** `most`: how many are kept. */
export function useTicks(most: number, everyMs: number): Resource<readonly Tick[]> {
  const known = useRef<readonly Tick[]>([]);
  const few = useRef(most);
  return useResource({
    key: 'ticks',
    load: async (api) => {
      const before = known.current[0]?.tick;
      const fresh = await read(api, few.current);
      known.current = laidOver(known.current, fresh, most) ?? (await read(api, most));
      const came = before === undefined ? 0 : Math.abs((known.current[0]?.tick ?? 0) - before);
      few.current = known.current.length === 0 ? most : Math.min(most, FEW + 2 * came);
      return known.current;
    },
    everyMs,
  });
}

async function read(api: Api, limit: number): Promise<readonly Tick[]> {
  return (await api.get<Page<Tick>>('/v1/ticks', { limit })).items;
}

/** Both the newest first. Null: they do not meet, as after a long break, or the numbers begin again. */
export function laidOver<Numbered extends { readonly tick: number }>(
  known: readonly Numbered[],
  fresh: readonly Numbered[],
  most: number,
): readonly Numbered[] | null {
  const [newest, oldest] = [fresh[0]?.tick, fresh.at(-1)?.tick];
  const before = known[0]?.tick;
  if (before === undefined) return fresh;
  if (newest === undefined || oldest === undefined || newest < before || oldest > before + 1) return null;
  return [...fresh, ...known.filter(({ tick }) => tick < oldest)].slice(0, most);
}
