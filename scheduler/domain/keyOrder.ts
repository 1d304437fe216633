// One text for equal values, whoever wrote them: keys in one order, what is undefined left out.
// Invariant: values that JSON tells apart have different texts. Called where two requests are held against each other, and where a Ruling binds.

export function textInKeyOrder(value: unknown): string {
  return JSON.stringify(inOrder(value));
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([key, inner]) => [key, inOrder(inner)]),
  );
}
