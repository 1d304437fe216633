// At most so many of something at once; the others wait in line. For reads that a crowd of clients asks for together.
// Invariant: every task runs, in order of asking; one that fails frees its place.

export type Limiter = <Result>(task: () => Promise<Result>) => Promise<Result>;

export function createLimiter(atOnce: number): Limiter {
  let running = 0;
  const line: (() => void)[] = [];
  return async (task) => {
    // A place is handed over, never freed and taken: whoever asks in between must not overtake the line.
    if (running >= atOnce) await new Promise<void>((resolve) => line.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      const next = line.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
