// What the process of `annona solve` and its parent say to each other. Invariant: plain data with typed arrays, as structured cloning takes it.
// Used by node.ts, child.ts and worker.ts.

import type { ProgramAnswer } from './answer.ts';
import type { Program } from './program.ts';
import type { ProgramNews, ProgramRequest } from './solveProgram.ts';

export interface ProgramQuestion {
  readonly program: Program;
  readonly request: ProgramRequest;
}

export type ProgramMessage =
  | { readonly kind: 'news'; readonly news: ProgramNews }
  | { readonly kind: 'answer'; readonly answer: ProgramAnswer }
  /** The method or its engine broke; the text is for a person. */
  | { readonly kind: 'broken'; readonly message: string };
