// The requests that the session may see, kept while it lasts: read once, then kept up to date by events and by reading the newest again.
// Invariant: at most MOST of them, the newest first.

import { useEffect } from 'preact/hooks';
import type { Page, RequestView } from '../../client/shapes.ts';
import type { Api } from './api.ts';
import { onEvent, pulse } from './live.ts';
import { type ListedRequest, listed, merged, stateOfEvent } from './requestList.ts';
import { useApi } from './session.ts';
import { createStore, useStore } from './store.ts';

export interface RequestsKept {
  readonly rows: readonly ListedRequest[];
  readonly loading: boolean;
  readonly error: unknown;
  /** There are older ones that are not kept. */
  readonly more: boolean;
}

export const MOST = 10_000;
const NEWEST = 200;
/** More that changed than this and it is cheaper to read the pages again. */
const CHANGED_MOST = 50;

export function useRequests(): RequestsKept {
  const api = useApi();
  const store = keptBy(api);
  useEffect(() => store.use(), [store]);
  return useStore(store.kept);
}

const stores = new WeakMap<Api, ReturnType<typeof createKept>>();

/** One for each session: leaving the page and coming back reads nothing twice. */
function keptBy(api: Api): ReturnType<typeof createKept> {
  const known = stores.get(api) ?? createKept(api);
  stores.set(api, known);
  return known;
}

function createKept(api: Api) {
  const kept = createStore<RequestsKept>({ rows: [], loading: true, error: null, more: false });
  const changed = new Set<string>();
  let whole = false;
  const set = (change: Partial<RequestsKept>): void => kept.set({ ...kept.get(), ...change });
  const readAll = async (): Promise<void> => {
    whole = true;
    changed.clear();
    const rows: ListedRequest[] = [];
    try {
      await api.all<RequestView>('/v1/requests', {
        most: MOST,
        onPage: (read) => {
          // Each is put into words once; the pages before this one were.
          for (const request of read.slice(rows.length)) rows.push(listed(request));
          // Once the list stands it is replaced whole, not emptied and filled.
          if (kept.get().rows.length < rows.length) set({ rows: [...rows] });
        },
      });
      set({ rows, loading: false, error: null, more: rows.length >= MOST });
    } catch (error) {
      set({ loading: false, error });
      whole = false;
    }
  };
  const readChanged = async (): Promise<void> => {
    const ids = [...changed];
    changed.clear();
    try {
      const newest = await api.get<Page<RequestView>>('/v1/requests', { limit: NEWEST });
      const seen = new Set(newest.items.map(({ id }) => id));
      const rest = ids.filter((id) => !seen.has(id));
      if (rest.length > CHANGED_MOST) return void (await readAll());
      const others = await Promise.all(
        rest.map((id) => api.get<RequestView>(`/v1/requests/${encodeURIComponent(id)}`)),
      );
      set({ rows: merged(kept.get().rows, [...newest.items, ...others], MOST), error: null });
    } catch (error) {
      for (const id of ids) changed.add(id);
      set({ error });
    }
  };
  let reading = false;
  const read = async (): Promise<void> => {
    if (reading) return;
    reading = true;
    await (whole ? readChanged() : readAll()).finally(() => {
      reading = false;
    });
  };
  return {
    kept,
    use(): () => void {
      void read();
      const offEvent = onEvent((event) => {
        if (stateOfEvent(event) !== null) changed.add(event.request);
      });
      const offPulse = pulse.subscribe(() => {
        if (document.visibilityState === 'visible') void read();
      });
      return () => {
        offEvent();
        offPulse();
        // What happens meanwhile is not heard: the next visit reads all.
        whole = false;
      };
    },
  };
}
