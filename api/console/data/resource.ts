// Something read from the server and read again as the cell moves on: its value, how old it is, and what went wrong the last time.
// Invariant: a value once shown stays until a newer one is there; a failure is shown beside it, not in its place.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Api } from './api.ts';
import { now } from './browser.ts';
import { pulse } from './live.ts';
import { useApi } from './session.ts';

export interface Resource<Value> {
  readonly value: Value | null;
  /** The last failure; null when the last reading succeeded. */
  readonly error: unknown;
  readonly loading: boolean;
  /** When the value was read; null: never. */
  readonly at: number | null;
  reload(): void;
}

export interface Reading<Value> {
  /** A new key is another thing: the old value goes. */
  readonly key: string;
  readonly load: (api: Api, signal: AbortSignal) => Promise<Value>;
  /** Read again with the pulse, but not before so many ms have passed; 0: only when asked. */
  readonly everyMs: number;
}

type Shown<Value> = Omit<Resource<Value>, 'reload'> & { readonly key: string };

export function useResource<Value>({ key, load, everyMs }: Reading<Value>): Resource<Value> {
  const api = useApi();
  const [state, setState] = useState<Shown<Value>>({
    key,
    value: null,
    error: null,
    loading: true,
    at: null,
  });
  const running = useRef<AbortController | null>(null);
  const readAt = useRef(0);
  const loading = useRef(load);
  loading.current = load;
  const read = useCallback((): void => {
    if (running.current !== null) return;
    const ending = new AbortController();
    running.current = ending;
    readAt.current = now();
    const settle = (part: Partial<Shown<Value>>): void => {
      if (running.current !== ending) return;
      running.current = null;
      setState((shown) => ({ ...shown, ...part, key, loading: false }));
    };
    loading.current(api, ending.signal).then(
      (value) => settle({ value, error: null, at: now() }),
      (error: unknown) => settle({ error }),
    );
  }, [api, key]);
  // Asked as the page is drawn, from its outermost part inwards: effects run a frame later and inside out, and a browser lends six
  // connections, so that what a person waits for first would be asked last.
  const begun = useRef(false);
  if (!begun.current) {
    begun.current = true;
    read();
  }
  useEffect(() => {
    setState((shown) =>
      shown.key === key ? shown : { key, value: null, error: null, loading: true, at: null },
    );
    read();
    const off =
      everyMs === 0
        ? () => {}
        : pulse.subscribe(() => {
            if (document.visibilityState === 'visible' && now() - readAt.current >= everyMs) read();
          });
    return () => {
      off();
      running.current?.abort();
      running.current = null;
    };
  }, [key, read, everyMs]);
  const current = state.key === key ? state : { ...state, value: null, error: null, loading: true, at: null };
  return { ...current, reload: read };
}
