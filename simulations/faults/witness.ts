// What the outside was told: acknowledgements, answers to keys, heartbeats, events as they arrived. The store's last word is held against it.
// Invariant: an act stands here from the moment its answer arrived, and only then. Written by agents, read by verdict.ts.

import type { DomainEvent, Epoch, IntakeCommand, LeaseId, RequestId } from '../../scheduler/index.ts';

export interface AcknowledgedAct {
  readonly act: IntakeCommand['type'];
  readonly object: string;
}

export class Witness {
  readonly submits: { readonly agent: string; readonly key: string; readonly id: RequestId }[] = [];
  readonly acts: AcknowledgedAct[] = [];
  /** Requests whose cancel was acknowledged. */
  readonly cancels: RequestId[] = [];
  readonly releases: { readonly lease: LeaseId; readonly epoch: Epoch }[] = [];
  /** In order of arrival at the stream, repeats and all. */
  readonly streamed: DomainEvent[] = [];
  /** Keys that were answered with two different requests. */
  readonly torn: string[] = [];
  /** Calls that had neither an answer nor a refusal in the time that a client waits: crashes and lost messages alone may do that. */
  unanswered = 0;
  refused = 0;
  readonly #answers = new Map<string, RequestId>();

  submitted(agent: string, key: string, id: RequestId): void {
    const name = `${agent}/${key}`;
    const before = this.#answers.get(name);
    if (before !== undefined && before !== id) this.torn.push(`${name} was answered ${before}, then ${id}`);
    if (before === undefined) this.submits.push({ agent, key, id });
    this.#answers.set(name, id);
  }
}
