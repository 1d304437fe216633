// What means something on an edge: names and numbers by the field that they stood in, ids by the noun of their route.
// Invariant: bounded; learned from the organisation and from answers, so that a new noun is known as soon as it can be listed.

const VALUES_MAX = 200;
const KNOWN_MAX = 500;

export interface Words {
  readonly known: () => string[];
  /** What stood in a field of that name and passes the test. */
  readonly of: <Value>(field: string, fits: (value: unknown) => value is Value) => Value[];
  readonly learn: (value: unknown, noun?: string) => void;
}

export function createWords(): Words {
  const fields = new Map<string, Set<unknown>>();
  const known = new Set<string>();

  const add = (field: string, value: unknown) => {
    const values = fields.get(field) ?? new Set();
    if (values.size < VALUES_MAX) values.add(value);
    fields.set(field, values);
    if (typeof value === 'string' && value.length > 0 && value.length <= 100 && known.size < KNOWN_MAX)
      known.add(value);
  };

  const learn = (value: unknown, noun = '', field = ''): void => {
    if (typeof value === 'string' || typeof value === 'number') {
      add(field, value);
      if (field === 'id' && noun !== '') add(`id of ${noun}`, value);
    }
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      for (const each of value) learn(each, noun, field);
      return;
    }
    for (const [name, inner] of Object.entries(value)) {
      // Labels are named by their keys; their values are what a selector asks for.
      if (field === 'labels') add('labels', name);
      learn(inner, noun, field === 'labels' ? 'label' : name);
    }
  };

  return {
    known: () => [...known],
    of: <Value>(field: string, fits: (value: unknown) => value is Value) =>
      [...(fields.get(field) ?? [])].filter(fits),
    learn: (value, noun) => learn(value, noun),
  };
}

/** The first noun of a path: `/v1/leases/{id}/extend` is about leases. */
export function nounOf(path: string): string {
  return path.split('/').filter((part) => part !== '' && part !== 'v1')[0] ?? '';
}
