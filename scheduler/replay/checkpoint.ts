// What stands after a committed tick, as lines of JSON: a replay begins here instead of at the cell's first tick.
// Invariant: two processes that decided the same ticks write the same bytes, whoever loaded its state in between; heartbeats are not in it,
// as each record says what they brought. Written by the runner, read by replay/index.ts.

import type { Configuration } from '../domain/configuration.ts';
import { copyState } from '../domain/copyState.ts';
import type { Epoch, LeaseId } from '../domain/ids.ts';
import type { PastUse } from '../domain/pastUse.ts';
import type { PolicyRules } from '../domain/policyRow.ts';
import type { Instant } from '../domain/quantity.ts';
import { emptyState, joinGang, type State } from '../domain/state.ts';
import type { Carried } from '../domain/tickInputs.ts';
import { newMemo } from '../formulate/index.ts';
import { queueMemoryOf } from '../reservations/memory.ts';
import type { TickCarry } from '../tick.ts';

export const CHECKPOINT_FORMAT = 'annona-checkpoint/1';

/** What a tick is decided on beside its inputs. */
export interface Standing {
  readonly state: State;
  readonly carry: TickCarry;
}

export interface CheckpointHead {
  readonly format: typeof CHECKPOINT_FORMAT;
  readonly cell: string;
  readonly tick: number;
  readonly epoch: Epoch;
  readonly tickDigest: string;
  readonly eventSequence: number;
  readonly foldSequence: number;
  /** Revision; the document is kept once, beside the checkpoints. */
  readonly configuration: string;
  readonly carried: Carried;
  readonly pastUse: PastUse | null;
  readonly rules: PolicyRules | null;
  readonly saved: readonly (readonly [LeaseId, Instant])[];
  /** Request -> how often it was overtaken. */
  readonly overtaken: readonly (readonly [string, number])[];
}

export class CheckpointError extends Error {
  override name = 'CheckpointError';
}

/** A copy that the ticks to come do not change: some milliseconds for 10,000 requests, so that its lines can be written between turns. */
export function freezeStanding({ state, carry }: Standing): Standing {
  return { state: copyState(state), carry: { ...carry } };
}

/** One line a piece, with its line break: the head, then one entry each. Only of a standing whose term has committed. */
export function* checkpointLines({ state, carry }: Standing): Generator<string> {
  if (carry.remembered === undefined) throw new CheckpointError('no tick was committed in this term');
  const head: CheckpointHead = {
    format: CHECKPOINT_FORMAT,
    cell: state.cell,
    tick: state.tick,
    epoch: state.epoch,
    tickDigest: state.tickDigest,
    eventSequence: state.eventSequence,
    foldSequence: state.foldSequence,
    configuration: state.configuration.revision,
    carried: carry.remembered,
    pastUse: state.pastUse ?? null,
    rules: carry.rules ?? null,
    saved: [...(carry.saved ?? [])],
    overtaken: sorted(state.queue?.overtaken ?? new Map()),
  };
  yield line(head);
  for (const pending of state.requests.values()) yield line(['request', pending]);
  for (const extension of state.extensions.values()) yield line(['extension', extension]);
  for (const lease of sorted(state.leases).map(([, one]) => one)) yield line(['lease', lease]);
  for (const request of sorted(state.held).map(([, one]) => one)) yield line(['held', request]);
  for (const earmark of state.earmarks.values()) yield line(['earmark', earmark]);
  for (const reservation of state.reserved.values()) yield line(['reservation', reservation]);
  for (const approval of state.approvals.values()) yield line(['approval', approval]);
  for (const [key, units] of sorted(state.used)) if (units > 0) yield line(['used', key, units]);
  for (const [key, units] of sorted(state.quotaUse)) if (units > 0) yield line(['quota', key, units]);
  for (const [key, { reserved, spent }] of sorted(state.accounts))
    if (reserved + spent > 0) yield line(['account', key, reserved, spent]);
  for (const pool of [...state.exclusive].sort()) yield line(['exclusive', pool]);
  for (const pool of [...state.goneConsumables].sort()) yield line(['gone', pool]);
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

function sorted<Key extends string, Value>(map: ReadonlyMap<Key, Value>): [Key, Value][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** @throws {CheckpointError} when the text is no checkpoint of this version. */
export function checkpointHead(text: string): CheckpointHead {
  const end = text.indexOf('\n');
  const head = parsed(end < 0 ? text : text.slice(0, end)) as Partial<CheckpointHead> | null;
  if (head?.format !== CHECKPOINT_FORMAT)
    throw new CheckpointError(`a checkpoint begins with the format ${CHECKPOINT_FORMAT}`);
  return head as CheckpointHead;
}

/** @throws {CheckpointError} when the text is no checkpoint of this version, or another configuration is given than it names. */
export function standingOf(text: string, configuration: Configuration): Standing {
  const head = checkpointHead(text);
  if (configuration.revision !== head.configuration)
    throw new CheckpointError(`the checkpoint is of configuration ${head.configuration}`);
  const { cell, epoch } = head;
  const state = emptyState({ cell, epoch, configuration });
  for (const entry of text.split('\n').slice(1)) if (entry !== '') take(state, parsed(entry));
  state.tick = head.tick;
  state.tickDigest = head.tickDigest;
  state.eventSequence = head.eventSequence;
  state.foldSequence = head.foldSequence;
  if (head.pastUse !== null) state.pastUse = head.pastUse;
  if (head.rules !== null) state.policyRules = head.rules;
  if (head.carried.idle !== null) {
    const { overtaken } = queueMemoryOf(state);
    for (const [request, count] of head.overtaken) overtaken.set(request as never, count);
  }
  const saved = new Map(head.saved);
  for (const [lease, at] of saved) state.checkpoints.set(lease, at);
  const rules = head.rules ?? undefined;
  return { state, carry: { memo: newMemo(), unfinished: true, remembered: head.carried, saved, rules } };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CheckpointError(`a line of the checkpoint is no JSON: ${text.slice(0, 40)}`);
  }
}

function take(state: State, entry: unknown): void {
  // Lines are Annona's own, and the digest is compared before they are read; what stands in them is not checked again.
  const [section, value, ...rest] = entry as [string, never, ...number[]];
  const one = value as Record<string, never>;
  switch (section) {
    case 'request':
      state.requests.set((one.request as unknown as { id: never }).id, value);
      joinGang(state.gangs, one.request as never);
      return;
    case 'extension':
      state.extensions.set(one.id as never, value);
      return;
    case 'lease':
      state.leases.set(one.id as never, value);
      state.leaseOfRequest.set(one.request as never, one.id as never);
      return;
    case 'held':
      state.held.set(one.id as never, value);
      return;
    case 'earmark':
      state.earmarks.set(one.request as never, value);
      return;
    case 'reservation':
      state.reserved.set(one.request as never, value);
      return;
    case 'approval':
      state.approvals.set(one.id as never, value);
      return;
    case 'used':
      state.used.set(value, rest[0] ?? 0);
      return;
    case 'quota':
      state.quotaUse.set(value, rest[0] ?? 0);
      return;
    case 'account':
      state.accounts.set(value, { reserved: rest[0] ?? 0, spent: rest[1] ?? 0 });
      return;
    case 'exclusive':
      state.exclusive.add(value);
      return;
    case 'gone':
      state.goneConsumables.add(value);
      return;
    default:
      throw new CheckpointError(`a checkpoint has no entry ${String(section)}`);
  }
}
