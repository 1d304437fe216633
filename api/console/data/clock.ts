// The present as the page shows ages by: one timer for all of them.

import { useEffect } from 'preact/hooks';
import { now } from './browser.ts';
import { createStore, useStore } from './store.ts';

const SECOND_MS = 1000;
const clock = createStore(now());
let users = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** Milliseconds since 1970, a new one every second while somebody looks. */
export function useClock(): number {
  useEffect(() => {
    users += 1;
    timer ??= setInterval(() => clock.set(now()), SECOND_MS);
    return () => {
      users -= 1;
      if (users > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  }, []);
  return useStore(clock);
}
