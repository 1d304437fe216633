// The id of a place in the event stream: a vector over cells, written as base64url, opaque to callers.
// Invariant: what is encoded decodes to the same place; anything else decodes to null and is refused.

/** Sequence of the last event that was seen, per cell. */
export type StreamPlace = ReadonlyMap<string, number>;

const ID_CHARACTERS_MAX = 2000;

export function encodePlace(place: StreamPlace): string {
  return Buffer.from(JSON.stringify(Object.fromEntries(place))).toString('base64url');
}

export function decodePlace(id: string): StreamPlace | null {
  if (id.length > ID_CHARACTERS_MAX || !/^[A-Za-z0-9_-]+$/.test(id)) return null;
  let decoded: unknown;
  try {
    decoded = JSON.parse(Buffer.from(id, 'base64url').toString('utf8'));
  } catch {
    return null; // not one of ours
  }
  if (typeof decoded !== 'object' || decoded === null || Array.isArray(decoded)) return null;
  const place = new Map<string, number>();
  for (const [cell, sequence] of Object.entries(decoded)) {
    if (!Number.isSafeInteger(sequence) || sequence < 0) return null;
    place.set(cell, sequence);
  }
  return place.size > 0 ? place : null;
}
