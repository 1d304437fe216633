// Ctrl-C and SIGTERM as one AbortSignal: the first stops in order, the second leaves at once. The launcher has removed echoes.

import { EXIT } from './io.ts';

/** How long an orderly stop may take before the process leaves anyway. */
const PATIENCE_MS = 25_000;

export function stopSignal(note: (line: string) => void): AbortSignal {
  const stopping = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping.signal.aborted) process.exit(EXIT.interrupted);
    note(`${signal}: stopping in order; once more leaves at once`);
    stopping.abort();
    setTimeout(() => {
      note(`not stopped within ${PATIENCE_MS / 1000} s: leaving`);
      process.exit(EXIT.failed);
    }, PATIENCE_MS).unref();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return stopping.signal;
}
