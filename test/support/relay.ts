// What tests of the relay are made of: events, a log with a cursor in memory, and streams that fail where they are told to.
// Invariant: the log is numbered without gaps, as a leader numbers it; a cursor never moves back.
import type {
  AgentId,
  CommittedEvents,
  DepartmentId,
  DomainEvent,
  EventId,
  Publication,
  Publisher,
  RelayCursor,
  RequestId,
} from '../../scheduler/index.ts';

type EventDraft = { department?: string; request?: string; data?: DomainEvent['data']; at?: number };

export function anEvent(sequence: number, draft: EventDraft = {}): DomainEvent {
  return {
    id: `evt_test_${String(sequence).padStart(10, '0')}` as EventId,
    sequence,
    tick: 3,
    epoch: 2,
    type: 'annona.request.granted.v1',
    at: draft.at ?? Date.UTC(2026, 10, 23, 12) + sequence,
    department: (draft.department ?? 'research') as DepartmentId,
    agent: 'research.one' as AgentId,
    request: (draft.request ?? 'req_0') as RequestId,
    lease: null,
    policyRevision: 'sha256:policy',
    data: draft.data ?? { reasons: [] },
  };
}

/** `count` events over `keys` requests. */
export function events(count: number, keys = 3): DomainEvent[] {
  return Array.from({ length: count }, (_, i) => anEvent(i + 1, { request: `req_${(i * 7) % keys}` }));
}

/** Ids per request, each where it came first: what a consumer that drops repetitions sees. */
export function firstArrivals(
  arrivals: readonly { readonly id: string; readonly request: string }[],
): Record<string, string[]> {
  const seen: Record<string, string[]> = {};
  for (const { id, request } of arrivals) {
    seen[request] ??= [];
    if (!seen[request].includes(id)) seen[request].push(id);
  }
  return seen;
}

/** The committed log of one cell. */
export class TestLog implements CommittedEvents {
  readonly #cell: string;
  readonly events: DomainEvent[];

  constructor(cell: string, committed: readonly DomainEvent[] = []) {
    this.#cell = cell;
    this.events = [...committed];
  }

  async read(cell: string, after: number, limit: number): Promise<readonly DomainEvent[]> {
    if (cell !== this.#cell) throw new Error(`there is no cell ${cell}`);
    return this.events.filter(({ sequence }) => sequence > after).slice(0, limit);
  }

  async last(): Promise<number> {
    return this.events.at(-1)?.sequence ?? 0;
  }
}

export class TestCursor implements RelayCursor {
  readonly #places = new Map<string, number>();

  async read(sink: string, cell: string): Promise<number> {
    return this.at(sink, cell);
  }

  async advance(sink: string, cell: string, sequence: number): Promise<void> {
    this.#places.set(`${sink}/${cell}`, Math.max(this.at(sink, cell), sequence));
  }

  at(sink: string, cell: string): number {
    return this.#places.get(`${sink}/${cell}`) ?? 0;
  }
}

export type FaultKind = 'beforeArrival' | 'halfArrived' | 'acknowledgementLost';

/** Calls that fail, by number from 1, and how much had arrived by then. */
export function failing(publisher: Publisher, faults: ReadonlyMap<number, FaultKind>): Publisher {
  let calls = 0;
  const call = async <Answer>(
    batch: readonly DomainEvent[],
    pass: (part: readonly DomainEvent[]) => Promise<Answer>,
  ) => {
    calls += 1;
    const fault = faults.get(calls);
    if (fault === undefined) return pass(batch);
    if (fault === 'halfArrived') await pass(batch.slice(0, Math.floor(batch.length / 2)));
    if (fault === 'acknowledgementLost') await pass(batch);
    throw new Error(`call ${calls} fails: ${fault}`);
  };
  return {
    publish: (batch) => call<Publication>(batch, (part) => publisher.publish(part)),
    bury: (event, reason) =>
      call<void>([event], async (part) => {
        for (const one of part) await publisher.bury(one, reason);
      }),
  };
}
