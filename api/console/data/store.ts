// A value that the page follows: set it, and whoever uses a part of it is drawn again when that part changed.
// Invariant: a listener is told after the value stands, and never for a value that is the same.

import { useEffect, useReducer, useRef } from 'preact/hooks';

export interface Store<Value> {
  get(): Value;
  set(value: Value): void;
  subscribe(listener: () => void): () => void;
}

export function createStore<Value>(initial: Value): Store<Value> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

export function useStore<Value, Part = Value>(
  store: Store<Value>,
  select: (value: Value) => Part = (value) => value as unknown as Part,
): Part {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const part = select(store.get());
  const shown = useRef(part);
  shown.current = part;
  const selecting = useRef(select);
  selecting.current = select;
  useEffect(() => {
    const look = (): void => {
      if (!Object.is(selecting.current(store.get()), shown.current)) redraw(undefined as never);
    };
    look();
    return store.subscribe(look);
  }, [store]);
  return part;
}
