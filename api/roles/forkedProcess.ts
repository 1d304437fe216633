// The end of a process of ours that another one forked: started and stopped over IPC, and ended when the channel closes.
// Invariant: a stop is heard from the first moment, also half-way through the start; what was opened is closed in the reverse order.
// Called by edgeProcess.ts and sideProcess.ts.

import type { Closing } from './serverParts.ts';

/** `start` comes first and once; `stop` at any time; the others when the process listens for them. */
type FromParent<Options> =
  | { readonly type: 'start'; readonly options: Options }
  | { readonly type: 'stop' }
  | { readonly type: string };

export interface ForkedProcess<Options, To, From> {
  /** A channel that closes under the message is told by `disconnect`. */
  tell(message: From): void;
  log(line: string): void;
  readonly closing: Closing;
  /** What the parent says beside start and stop, from now on. */
  hear(listener: (message: Exclude<To, { readonly type: 'start' | 'stop' }>) => void): void;
  /** `failure`: what the parent is told when the work does not begin. */
  run(work: (options: Options) => Promise<void>, failure: (error: unknown) => From): void;
}

export function forkedProcess<Options, To extends FromParent<Options>, From>(
  name: string,
): ForkedProcess<Options, To, From> {
  const closers: (() => Promise<void> | void)[] = [];
  let listener: (message: Exclude<To, { readonly type: 'start' | 'stop' }>) => void = () => {};
  const log = (line: string): void => void process.stderr.write(`${name}: ${line}\n`);
  const tell = (message: From): void => {
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
  };
  const stop = async (): Promise<never> => {
    for (const close of closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        log(`${error}`);
      }
    }
    process.exit(0);
  };
  return {
    tell,
    log,
    closing: (close) => void closers.push(close),
    hear: (heard) => {
      listener = heard;
    },
    run(work, failure) {
      // Ctrl-C reaches the whole foreground group: the parent decides when this process goes, and the closed channel when it is gone.
      process.on('SIGINT', () => {});
      process.on('disconnect', () => void stop());
      process.on('message', (message: To) => {
        if (message.type === 'stop') void stop();
        else if (message.type !== 'start')
          listener(message as Exclude<To, { readonly type: 'start' | 'stop' }>);
        else
          work((message as { readonly options: Options }).options).catch(async (error: unknown) => {
            tell(failure(error));
            await stop();
          });
      });
    },
  };
}
