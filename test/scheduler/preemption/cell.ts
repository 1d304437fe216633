// A cell that is ticked by hand: submits, acts and time pass one tick at a time, with the production tick and its checks.
// Invariant: nothing here decides; every plan was verified before the commit that a test reads.

import type {
  IntakeCommand,
  IntakeRow,
  Lease,
  Reason,
  ResourceRequest,
  State,
} from '../../../scheduler/index.ts';
import type { Heartbeats } from '../../../scheduler/lifecycle.ts';
import { aState, NOW, type RequestBuilder } from '../../support/builders.ts';
import type { ConfigurationBuilder } from '../../support/organisationBuilder.ts';
import { aTickRig, intake, submitted, type TickRig } from '../support/tickRig.ts';

export const SECOND = 1000;

/** Grace a minute, minimum run ten, a tenth back: the defaults. */
export const GRACE = 60 * SECOND;
export const MINIMUM_RUN = 600 * SECOND;

export class HandCell {
  readonly rig: TickRig;
  now = NOW;
  #rows: IntakeRow[] = [];

  constructor(configuration: ConfigurationBuilder) {
    this.rig = aTickRig(aState(configuration).build());
  }

  get state(): State {
    return this.rig.state;
  }

  submit(...requests: readonly RequestBuilder[]): this {
    for (const request of requests) this.#rows.push(submitted(request.build(), this.now));
    return this;
  }

  act(command: IntakeCommand, by: { department: string; agent: string | null }): this {
    this.#rows.push(intake(command, by, this.now));
    return this;
  }

  acknowledge({ id, epoch, department, agent }: Lease): this {
    return this.act({ type: 'acknowledge', lease: id, epoch }, { department, agent });
  }

  release({ id, epoch, department, agent }: Lease): this {
    return this.act({ type: 'release', lease: id, epoch }, { department, agent });
  }

  cancel({ id, department, agent }: ResourceRequest): this {
    return this.act({ type: 'cancel', request: id }, { department, agent });
  }

  /** One tick, so much later; every live lease was heard of. Ticks that ask for another get it. */
  async tick(laterMs = 0): Promise<this> {
    this.now += laterMs;
    const rows = this.#rows;
    this.#rows = [];
    const heard = [...this.state.leases.values()].map(({ id }) => ({ lease: id, at: this.now }));
    const heartbeats: Heartbeats = { heard, heardThrough: this.now };
    await this.rig.tick({ rows, now: this.now, heartbeats });
    for (let more = 0; this.rig.carry.unfinished && more < 20; more += 1)
      await this.rig.tick({ now: this.now, heartbeats: { heard: [], heardThrough: this.now } });
    if (this.rig.dumped.length > 0) throw new Error(JSON.stringify(this.rig.dumped[0]));
    return this;
  }

  leaseOf(request: RequestBuilder): Lease {
    const lease = this.state.leases.get(this.state.leaseOfRequest.get(request.build().id)!);
    if (lease === undefined) throw new Error(`${request.build().id} holds nothing`);
    return lease;
  }

  /** Last digit of each request that waits -> its codes. */
  waiting(): Record<string, readonly string[] | null> {
    return Object.fromEntries(
      [...this.state.requests.values()].map(({ request, waitingCodes }) => [
        request.id.slice(-2),
        waitingCodes,
      ]),
    );
  }

  /** Of the last commit that told the request anything. */
  reasonsOf(request: RequestBuilder): readonly Reason[] {
    const { id } = request.build();
    const told = this.rig.commits
      .flatMap(({ changes }) => changes)
      .findLast((change) => change.type === 'decided' && change.request === id);
    return told?.type === 'decided' ? told.reasons : [];
  }

  /** Leases on notice, by the last two digits of their requests. */
  revoking(): string[] {
    return [...this.state.leases.values()]
      .filter(({ state }) => state === 'revoking')
      .map(({ request }) => request.slice(-2));
  }

  holding(): string[] {
    return [...this.state.leases.values()].map(({ request }) => request.slice(-2)).sort();
  }

  events(): string[] {
    return this.rig.commits.flatMap(({ events }) => events.map(({ type }) => type));
  }
}
