// Builder of requests: `aRequest(7).gpu(4).prefer('h100').or().gpu(2).class('batch')`.
// Invariant: ids and sequences follow the number, so equal calls build equal requests.

import { shapeKeyOf } from '../../scheduler/domain/shapeKey.ts';
import type {
  AgentId,
  Claim,
  DepartmentId,
  PendingRequest,
  RequestId,
  ResourceRequest,
  Selector,
  Terms,
  Units,
} from '../../scheduler/index.ts';
import { NOW } from './instants.ts';

export function requestIdOf(number: number): RequestId {
  return `req_${String(number).padStart(26, '0')}` as RequestId;
}

export class RequestBuilder {
  readonly #number: number;
  readonly #options: Claim[][] = [[]];
  #agent = 'ada';
  #department = 'research';
  #submittedAt = NOW;
  #terms: Terms = {
    class: 'standard',
    durationSeconds: 600,
    preemptible: true,
    classification: 'internal',
    purpose: 'training',
    summary: 'a test',
  };

  constructor(number: number) {
    this.#number = number;
  }

  by(agent: string, department = 'research'): this {
    this.#agent = agent;
    this.#department = department;
    return this;
  }

  claim(kind: string, quantity: Units, change: Omit<Claim, 'kind' | 'quantity'> = {}): this {
    this.#options.at(-1)!.push({ kind, quantity, ...change });
    return this;
  }

  gpu(quantity: Units, selector?: Selector): this {
    return this.claim('gpu', quantity, selector && { selector });
  }

  /** Claims that must sit on one node, in thousandths of GPUs and CPUs and in MiB; what is 0 or not said is not claimed. */
  bundle(
    size: { gpu?: Units; cpu?: Units; memory?: Units },
    change: Omit<Claim, 'kind' | 'quantity'> = {},
  ): this {
    for (const kind of ['gpu', 'cpu', 'memory'] as const) {
      const quantity = size[kind] ?? 0;
      if (quantity > 0) this.claim(kind, quantity, { node: 'main', ...change });
    }
    return this;
  }

  cpu(quantity: Units, selector?: Selector): this {
    return this.claim('cpu', quantity, selector && { selector });
  }

  memory(quantity: Units): this {
    return this.claim('memory', quantity);
  }

  /** One unit of another agent's concurrency. */
  assistant(...skills: readonly string[]): this {
    return this.claim('agent', 1, skills.length === 0 ? {} : { selector: { skill: skills } });
  }

  review(quantity: Units = 1, window?: Claim['window']): this {
    return this.claim('review', quantity, window && { window });
  }

  /** The newest claim prefers these models, in order. */
  prefer(...models: readonly string[]): this {
    const claims = this.#options.at(-1)!;
    claims.push({ ...claims.pop()!, prefer: models.map((model) => ({ model })) });
    return this;
  }

  /** Begins the next option. */
  or(): this {
    this.#options.push([]);
    return this;
  }

  class(name: string): this {
    return this.terms({ class: name });
  }

  seconds(durationSeconds: Units): this {
    return this.terms({ durationSeconds });
  }

  terms(change: Partial<Terms>): this {
    this.#terms = { ...this.#terms, ...change };
    return this;
  }

  submittedAt(at: number): this {
    this.#submittedAt = at;
    return this;
  }

  build(): ResourceRequest {
    return {
      id: requestIdOf(this.#number),
      department: this.#department as DepartmentId,
      agent: this.#agent as AgentId,
      clientRequestId: `client-${this.#number}`,
      options: this.#options.map((claims) => ({ claims })),
      terms: this.#terms,
      submittedAt: this.#submittedAt,
    };
  }

  /** Folded as number `sequence`, allowed by the policy. */
  pending(sequence = this.#number): PendingRequest {
    const request = this.build();
    const verdict = { allow: true, codes: [], policyRevision: 'policy-1', dataRevision: 'data-1' };
    return { request, sequence, shapeKey: shapeKeyOf(request), verdict, waitingCodes: null };
  }
}

/** Number 1 if not said; ids and sequences follow the number. */
export function aRequest(number = 1): RequestBuilder {
  return new RequestBuilder(number);
}
