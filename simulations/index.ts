// The door of simulations/: traces, the checker of the promises, a cell in virtual time, and a cluster of it under faults; baselines and the
// planner stand behind it as they come.
export {
  checkPromises,
  type PromiseName,
  type Violation,
  type Witnesses,
} from './checkers/promises.ts';
export {
  type Bends,
  CALL_FAULTS,
  type CallFault,
  type FaultPlan,
  NO_FAULTS,
  type RunOptions,
  type RunReport,
  runSeed,
} from './faults/run.ts';
export { TraceError } from './traces/csv.ts';
export {
  modelsFor,
  type OpenbModel,
  type OpenbPod,
  type OpenbPods,
  type OpenbSize,
  readOpenbNodes,
  readOpenbPods,
} from './traces/openb.ts';
export {
  type OpenbMachine,
  readOpenbMachines,
  readOpenbSizes,
} from './traces/openbNodes.ts';
export { Adversary, type AdversaryOptions } from './world/adversary.ts';
export { World, type WorldOptions } from './world/world.ts';
