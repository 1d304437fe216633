// Which errors of a broker mean that it will never take these records, whoever sends them and however often.
// Invariant: anything that an operator or time can heal (a dead broker, a missing topic, a right not given) is no refusal.
// Called by publisher.ts.

/** Kafka's error names, see its protocol guide. */
const REFUSALS: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
]);

/** kafkajs wraps what it gave up on, so the cause may lie deeper. Null: not a refusal. */
export function refusalOf(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const type = 'type' in cause ? cause.type : undefined;
    if (typeof type === 'string' && REFUSALS.has(type)) return type;
  }
  return null;
}
