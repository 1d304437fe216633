// What is wrong with a file, where, and what to do. Invariant: every fault has a line and a column, counted from 1.
// Thrown inside the readers of files/, and turned into a value by files.ts.

export interface FileProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** What to write instead. */
  readonly advice: string;
}

export class FileFault extends Error {
  override name = 'FileFault';
  readonly problem: FileProblem;

  constructor(at: Place, message: string, advice: string) {
    super(message);
    this.problem = { line: at.line, column: at.column, message, advice };
  }
}

export interface Place {
  readonly line: number;
  readonly column: number;
}
