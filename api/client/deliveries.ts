// What a consumer does with each record of a stream before anybody acts on it: is it an event that this version knows, was it applied, is
// it from a leader that another has replaced. Invariant: `apply` is called once for each event while `applied` remembers it, in the order
// of each request, and resolves before the event counts as applied.
// Called by whoever reads records, of whatever broker: see api/roles/subscribe.ts for Kafka.

import type { EventDocument } from './shapes.ts';

export interface StreamedRecord {
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
}

/** Which events were applied. One that outlives the process belongs into the transaction of what an event effects. */
export interface AppliedEvents {
  has(event: EventDocument): boolean | Promise<boolean>;
  /** After `apply` has resolved. */
  add(event: EventDocument): void | Promise<void>;
}

export type Delivery =
  | { readonly type: 'applied'; readonly event: EventDocument }
  /** It came again. */
  | { readonly type: 'repeated'; readonly event: EventDocument }
  /** Its leader's epoch is below one that its request has shown: not applied. */
  | { readonly type: 'stale'; readonly event: EventDocument; readonly epoch: number }
  /** A type or version that this client does not know: not applied. */
  | { readonly type: 'unknown'; readonly what: string }
  /** No event at all: not applied. */
  | { readonly type: 'malformed'; readonly what: string };

export type DeliveryCounts = Readonly<Record<Delivery['type'], number>>;

export interface Deliveries {
  /** Rejects as `apply` does, and then the event was not applied. One record after the other. */
  take(record: StreamedRecord): Promise<Delivery>;
  counts(): DeliveryCounts;
}

/** This client's: an event of a later version means something else. */
const KNOWN_TYPE = /^annona\.[a-z]+\.[a-z-]+\.v1$/;
/** Repetitions come within what a relay sends at once, and what a group had not committed: thousands, at most. */
const REMEMBERED = 200_000;

export function createDeliveries(
  apply: (event: EventDocument) => void | Promise<void>,
  applied: AppliedEvents = rememberApplied(),
): Deliveries {
  const counts = { applied: 0, repeated: 0, stale: 0, unknown: 0, malformed: 0 };
  const epochs = new Map<string, number>();
  const take = async (record: StreamedRecord): Promise<Delivery> => {
    const read = readEvent(record);
    if ('type' in read) return read;
    const { event } = read;
    if (await applied.has(event)) return { type: 'repeated', event };
    const highest = epochs.get(event.request) ?? 0;
    if (event.epoch < highest) return { type: 'stale', event, epoch: highest };
    await apply(event);
    await applied.add(event);
    keep(epochs, event.request, event.epoch);
    return { type: 'applied', event };
  };
  return {
    async take(record) {
      const delivery = await take(record);
      counts[delivery.type] += 1;
      return delivery;
    },
    counts: () => ({ ...counts }),
  };
}

/** Of the requests that were heard of last: a fence on all of them would grow for as long as the consumer runs. */
function keep(epochs: Map<string, number>, request: string, epoch: number): void {
  epochs.delete(request);
  epochs.set(request, epoch);
  const [oldest] = epochs.keys();
  if (epochs.size > REMEMBERED && oldest !== undefined) epochs.delete(oldest);
}

/** In memory, the latest so many by their ids. */
export function rememberApplied(most = REMEMBERED): AppliedEvents {
  const ids = new Set<string>();
  return {
    has: ({ id }) => ids.has(id),
    add({ id }) {
      ids.add(id);
      const [oldest] = ids;
      if (ids.size > most && oldest !== undefined) ids.delete(oldest);
    },
  };
}

function readEvent({ headers, value }: StreamedRecord): { readonly event: EventDocument } | Delivery {
  const { ce_specversion: specification, ce_type: type = '', ce_id: id } = headers;
  if (specification !== '1.0')
    return { type: 'malformed', what: `ce_specversion ${specification ?? 'absent'}` };
  if (!KNOWN_TYPE.test(type)) return { type: 'unknown', what: type };
  let event: EventDocument;
  try {
    event = JSON.parse(value) as EventDocument;
  } catch {
    return { type: 'malformed', what: `${id}: the value is no JSON` };
  }
  // The header is what a repetition is known by, and the document what is acted on: they must be one event.
  if (typeof event !== 'object' || event === null || event.id !== id || event.type !== type)
    return { type: 'malformed', what: `${id}: headers and value are of two events` };
  if (typeof event.request !== 'string' || !Number.isSafeInteger(event.epoch))
    return { type: 'malformed', what: `${id}: it lacks its request or its epoch` };
  return { event };
}
