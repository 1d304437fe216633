// What a command may touch of the terminal: data on stdout, everything else on stderr. Passed in, so that tests read both.
// Invariant: no command prints in any other way.

import { wantsColour } from '../config.ts';

export interface CommandIo {
  /** Data: one line or one JSON object. */
  out(line: string): void;
  /** Progress, notes and errors. */
  err(line: string): void;
  /** Progress that overwrites itself on a terminal, and is left out elsewhere. */
  progress(line: string): void;
  /** Where a person sits at both ends; absent in a pipe. */
  readonly terminal?: Terminal;
}

export interface Terminal {
  size(): { readonly columns: number; readonly rows: number };
  /** As it is, with control sequences. */
  write(text: string): void;
  /** Hears single keys, Ctrl-C among them, until the answer is called. */
  onKey(heard: (key: string) => void): () => void;
  readonly colour: boolean;
}

/** Exit codes of the command line, documented in docs/cli.md. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  denied: 3,
  unsatisfiable: 4,
  waiting: 5,
  unreachable: 6,
  checkFailed: 7,
  interrupted: 130,
} as const;

/** A failure that the user can act on: one line, and the next command to try. Never a stack. */
export class CommandError extends Error {
  override name = 'CommandError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

export function processIo(): CommandIo {
  // `annona … | head` closes the pipe when it has seen enough: that is no failure of the command.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    throw error;
  });
  const terminal = process.stderr.isTTY === true;
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    progress: (line) => {
      if (terminal) process.stderr.write(`\r\u001b[K${line}`);
    },
    ...(process.stdout.isTTY && process.stdin.isTTY ? { terminal: processTerminal() } : {}),
  };
}

function processTerminal(): Terminal {
  const { stdin, stdout } = process;
  return {
    size: () => ({ columns: stdout.columns, rows: stdout.rows }),
    write: (text) => void stdout.write(text),
    onKey(heard) {
      const onData = (keys: Buffer): void => heard(keys.toString());
      stdin.setRawMode(true);
      stdin.on('data', onData).resume();
      return () => {
        stdin.setRawMode(false);
        stdin.off('data', onData).pause();
      };
    },
    colour: wantsColour(),
  };
}
