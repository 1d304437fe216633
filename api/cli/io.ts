// What a command may touch of the terminal: data on stdout, everything else on stderr. Passed in, so that tests read both.
// Invariant: no command prints in any other way.

export interface CommandIo {
  /** Data: one line or one JSON object. */
  out(line: string): void;
  /** Progress, notes and errors. */
  err(line: string): void;
  /** Progress that overwrites itself on a terminal, and is left out elsewhere. */
  progress(line: string): void;
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
      if (terminal) process.stderr.write(`\r[K${line}`);
    },
  };
}
