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

/**
 * kafkajs (`type`) wraps what it gave up on, @platformatic/kafka (`apiId`) collects what each broker said: the cause may lie deeper. Null:
 * not a refusal.
 */
export function refusalOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { type, apiId, errors } = error as { type?: unknown; apiId?: unknown; errors?: unknown };
  const named = [type, apiId].find((name) => typeof name === 'string' && REFUSALS.has(name));
  if (named !== undefined) return named as string;
  const below = [error.cause, ...(Array.isArray(errors) ? errors : [])];
  for (const one of below) {
    const refusal = refusalOf(one);
    if (refusal !== null) return refusal;
  }
  return null;
}
