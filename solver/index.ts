// The pure door of solver/: build a model, solve it with an engine, check any answer.
// Invariant: reaches no `node:` module, so that the console can check certificates in the browser. Processes are in node.ts.
export { solve, solveTrivially, solveWithoutEngine } from './anytime.ts';
export { decodeCertificate, encodeCertificate, type StoredCertificate } from './certificateCodec.ts';
export type * from './checks.ts';
export { type Ask, type Conflict, conflictOf } from './conflict.ts';
export type { Engine, LinearProgram, LpAnswer, MipAnswer } from './engines/engine.ts';
export {
  type FileFormat,
  type FileProblem,
  fileFormatOf,
  type ReadProgram,
  readProgram,
  writeProgram,
} from './files.ts';
export { type ForcedCore, type Forcing, forcing } from './forced.ts';
export { boundGranting, type GrantingCheck } from './granting.ts';
export { type Model, ModelBuilder, ModelError } from './model.ts';
export { stageProgram } from './modelProgram.ts';
export type { ProgramAnswer, ProgramEngineName, ProgramStatus } from './programs/answer.ts';
export { type Packing, packingOf } from './programs/packing.ts';
export type { Program } from './programs/program.ts';
export { type ProgramEngines, type ProgramRequest, solveProgram } from './programs/solveProgram.ts';
export { isReplayable } from './replay.ts';
export type * from './solution.ts';
export { CERTIFICATE_BYTES_MAX, storedBytes, trimCertificate } from './trim.ts';
export { boundOf, checkPlan, checkSolution, firstThatFits, gapOf } from './verify.ts';
