// The pure door of the scheduler: its nouns, its ports and its verbs. No node import is reachable from here,
// so that the console can verify and explain in the browser. Imported by api/, adapters/ (types), simulations/ and tests.

export { applyEdit, type Edited } from './commands/edit.ts';
export type { EditProblem } from './commands/editChecks.ts';
export {
  type Admission,
  type AdmissionInput,
  type AdmissionRefusal,
  admit,
  madeImpossible,
} from './commands/submit.ts';
export { type Conservation, workConservation } from './conservation.ts';
export {
  type DecidedProgram,
  type DecidedPrograms,
  keepPrograms,
} from './decidedProgram.ts';
export { decode } from './decode.ts';
export { apply } from './domain/apply.ts';
export * from './domain/approval.ts';
export * from './domain/change.ts';
export * from './domain/configuration.ts';
export * from './domain/earmark.ts';
export * from './domain/edit.ts';
export * from './domain/event.ts';
export * from './domain/ids.ts';
export * from './domain/intake.ts';
export * from './domain/lease.ts';
export { accountChain, longestSeconds } from './domain/lookup.ts';
export * from './domain/nodes.ts';
export * from './domain/obligation.ts';
export { openRequests, openRequestsOf } from './domain/openRequests.ts';
export * from './domain/pastUse.ts';
export * from './domain/plan.ts';
export * from './domain/policyRow.ts';
export * from './domain/quantity.ts';
export * from './domain/reason.ts';
export * from './domain/request.ts';
export * from './domain/reservation.ts';
export { revisionOf, type UnrevisedConfiguration } from './domain/revision.ts';
export { shapeKeyOf } from './domain/shapeKey.ts';
export * from './domain/state.ts';
export * from './domain/states.ts';
export * from './domain/tickInputs.ts';
export * from './domain/tickRecord.ts';
export { type DryRunAnswer, type DryRunPorts, dryRun } from './dryRun.ts';
export type { Coverage, Interval } from './estimate/errors.ts';
export { type Estimate, Estimates } from './estimate/estimates.ts';
export { NO_ESTIMATE, type NoEstimate } from './estimate/schedule.ts';
export { type Explainer, explainer } from './explain.ts';
export { type Explanation, explainRequest, type LeaderLook, lookOver } from './explanation.ts';
export { type CandidateRow, STANDINGS } from './explanationTable.ts';
export { HALF_LIFE_SECONDS, pastUnits } from './fairness.ts';
export { formulate, newMemo } from './formulate/index.ts';
export { DEADLINE_ALLOWANCE_MOST } from './formulate/objective.ts';
export { gateRow } from './gate.ts';
export { type HeldRow, type HolderSight, ROW_FAMILIES } from './holders.ts';
export { type Lack, lackOf } from './lack.ts';
export type { OfferChange } from './offerChanges.ts';
export {
  allowedOffers,
  OFFERS_MOST,
  type Offer,
  offersFor,
} from './offers.ts';
export * from './ports.ts';
export {
  bandOfRecord,
  type ClassQuality,
  GAP_BANDS,
  type GapBand,
  ledgerOf,
  type QualityLedger,
  qualityOf,
  type TickQuality,
} from './quality.ts';
export { recollect } from './recollect.ts';
export {
  type Relay,
  type RelayEvent,
  RelayGapError,
  type RelayLag,
  type RelayPorts,
  type RelaySettings,
  type RelayStep,
  relayOnce,
  startRelay,
} from './relay.ts';
export {
  ChainCheck,
  type ChainEnds,
  type ChainedEntry,
  type ChainedHead,
  type ChainedSeal,
  type ChainFault,
} from './replay/chain.ts';
export {
  CheckpointError,
  type CheckpointHead,
  checkpointHead,
  checkpointLines,
  freezeStanding,
  type Standing,
  standingOf,
} from './replay/checkpoint.ts';
export type { ReplayDifference } from './replay/compare.ts';
export {
  type RecordedTick,
  ReplayError,
  type ReplayedTick,
  type ReplayPorts,
  replayTick,
  standingOfNothing,
} from './replay/replay.ts';
export { NO_PROMISE, type ReservationStanding } from './reservations/standing.ts';
export { type Runner, type RunnerEvent, type RunnerSettings, startRunner } from './runner.ts';
export { type Snapshot, takeSnapshot } from './snapshot.ts';
export { budgetOffers, classOffer, type StrongerOffer } from './strongerOffers.ts';
export { runTick, type TickCarry, type TickInput, type TickResult } from './tick.ts';
export { TICK_BUDGET } from './tickDigests.ts';
export {
  type DecidedTick,
  decideTickFile,
  parseTickFile,
  type TickFile,
  type TickFileAnswer,
  toTickFile,
} from './tickFile.ts';
export { type TickFileOffers, tickFileOffers } from './tickFileOffers.ts';
export { verifyPlan } from './verify.ts';
export { type TickCheck, type TickVerdict, verifyTick } from './verifyTick.ts';
export { type Displaced, type WhatItTakes, whatItTakes } from './whatItTakes.ts';
