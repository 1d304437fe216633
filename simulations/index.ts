// The door of simulations/: traces now; the virtual world, baselines and the planner stand behind it as they come.
export { TraceError } from './traces/csv.ts';
export {
  modelsFor,
  type OpenbModel,
  type OpenbPod,
  type OpenbPods,
  readOpenbNodes,
  readOpenbPods,
} from './traces/openb.ts';
export {
  type OpenbMachine,
  type OpenbSize,
  readOpenbMachines,
  readOpenbSizes,
} from './traces/openbNodes.ts';
