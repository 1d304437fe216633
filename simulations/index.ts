// The door of simulations/: traces, baselines, the production tick in virtual time and what is counted of a run; a whole cluster of it under
// faults, and the checker of the promises.

export type { RunEnd, Watch } from './baselines/engine.ts';
export {
  checkPromises,
  type PromiseName,
  type Violation,
  type Witnesses,
} from './checkers/promises.ts';
export {
  type Company,
  type OpenPolicy,
  type RunInput,
  type RunResult,
  runScheduler,
  SCHEDULERS,
  type SchedulerName,
} from './compare.ts';
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
export {
  type Capacity,
  capacityOfMachines,
  type Job,
  type JobClaim,
  type JobDraft,
  JobList,
  type SimulatedPool,
  TRACE_FORMATS,
  type Trace,
  type TraceFormat,
} from './job.ts';
export type { Fate } from './metrics/fates.ts';
export type { Metrics } from './metrics/metrics.ts';
export type { ImpactCounts, PolicyImpact, RuleImpact } from './metrics/policyImpact.ts';
export {
  type Bottleneck,
  type Plan,
  type PlanInput,
  type PlanPoint,
  planCapacity,
} from './planner/plan.ts';
export { figureOf, type Target, TargetError, targetsOf, wordOf } from './planner/targets.ts';
export {
  type ComparedName,
  type Comparison,
  comparisonOf,
  type SchedulerSummary,
  titleOf,
} from './report/comparison.ts';
export { renderReport } from './report/page.ts';
export { tableOf } from './report/table.ts';
export { type GeneratorSpec, generated } from './scenarios/generator.ts';
export { demandOf, shaken } from './shake.ts';
export { readAnnonaLog } from './traces/annonaLog.ts';
export { TraceError } from './traces/csv.ts';
export { gavelThroughputs } from './traces/gavel.ts';
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
export { readTrace, type TraceSource } from './traces/read.ts';
export { Adversary, type AdversaryOptions } from './world/adversary.ts';
export { capacityOf, type People, peopleOf, quotasOf } from './world/company.ts';
export { EPOCH_MS, jobNumberOf } from './world/liveRun.ts';
export { nodePools } from './world/organisation.ts';
export type { ReviewTerms } from './world/reviewers.ts';
export type { SolverHour } from './world/solverHours.ts';
export type { CapacityPlan } from './world/timeline.ts';
export { World, type WorldOptions } from './world/world.ts';
