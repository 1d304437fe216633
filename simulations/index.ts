// The door of simulations/: traces, and a cell in virtual time; baselines and the planner stand behind it as they come.
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
