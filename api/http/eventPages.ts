// Events as a page of JSON, for who would rather ask than listen: the same documents, filters and places as the stream.
// Invariant: a page may be short where few events pass; `next` is null only where the log ends. Called by events.ts.

import type { EventFilter } from '../ports.ts';
import { eventDocument } from './hub.ts';
import type { ServerOptions } from './options.ts';
import { encodePlace } from './streamId.ts';

export async function eventPage(
  { hub, eventPages }: ServerOptions,
  filter: EventFilter,
  query: { readonly limit: number; readonly after: number },
) {
  const { items, through, last } = await eventPages.eventPage(hub.cell, filter, query);
  const place = encodePlace(new Map([[hub.cell, through]]));
  return { items: items.map(eventDocument), next: through < last ? place : null, place };
}
