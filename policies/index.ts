// The door of the policy layer: what is allowed, preferred and limited. It knows rows and data, not the scheduler.
// Pure: no Node module is reached from here; a worker with a watchdog is in node.ts. Called by scheduler/, api/ and simulations/.
export { type CompilerModule, compilerOf } from './authoring/instance.ts';
export type { CompilerAnswer, PolicyProblem, PolicySource, TestResult } from './authoring/protocol.ts';
export { runTests } from './authoring/testRun.ts';
export type { ChunkBits } from './batch.ts';
export type {
  DepartmentData,
  HashedFile,
  PolicyBundle,
  PolicyData,
  PolicyManifest,
  RefusalCode,
} from './bundle.ts';
export { PolicyRefused, parseData, parseManifest, verifyBundle } from './bundle.ts';
export type { Change, ChangeKind } from './compare/change.ts';
export { CHANGE_KINDS } from './compare/change.ts';
export type { DiffGroup, DiffInput, PolicyDiff } from './compare/diff.ts';
export { diffPolicies } from './compare/diff.ts';
export type { ImpactLine, PolicyImpact, PolicyRecord, RecordedRow } from './compare/impact.ts';
export { impactOf, parseRecord } from './compare/impact.ts';
export type { PolicyLiterals } from './compare/literals.ts';
export { comparedWith, literalsOf } from './compare/literals.ts';
export type {
  ConstraintSelector,
  ConstraintTerm,
  PolicyConstraint,
  PolicyConstraints,
} from './constraints.ts';
export { NO_CONSTRAINTS } from './constraints.ts';
export type {
  DecisionBatch,
  DecisionLogOptions,
  DecisionRecord,
  DecisionRow,
} from './decisionLog.ts';
export { DecisionLog } from './decisionLog.ts';
export { hasBit } from './echo.ts';
export type { LoadOptions, PolicyInstance } from './engine.ts';
export { evaluateBatch, explain, loadPolicy, MEMORY_PAGES_MAX, ruleOf } from './engine.ts';
export {
  type ApprovalObligation,
  combineObligations,
  type Duties,
  OBLIGATION_KINDS,
  OBLIGATION_SCHEMAS,
  type Obligation,
  type ObligationKind,
  obligationProblem,
} from './obligations.ts';
export { ROW_FIELDS } from './rows.ts';
export type { RuleUse } from './ruleHits.ts';
export type {
  LivePolicy,
  PolicyActivation,
  PolicyCandidate,
  PolicyService,
  PolicyStanding,
  PreparedPolicy,
  ServiceOptions,
} from './service.ts';
export { inProcessPolicy } from './service.ts';
export type { ShadowDifference, ShadowReport } from './shadowReport.ts';
export type {
  ConstraintRule,
  Explanation,
  Finding,
  HostCode,
  JsonValue,
  PolicyBatch,
  PolicyMode,
  PolicyRow,
  PolicyRule,
  Severity,
  Verdict,
} from './verdict.ts';
export { HOST_RULES } from './verdict.ts';
