// Requests that say the same hold it once: options, terms and names are one object for all that wait with them, and so are the keys of their shapes.
// Invariant: what is shared is equal in every field, in the same order, so that nothing written of a request changes. Called by submit.ts.

import type { Configuration } from './configuration.ts';
import { lookupOf } from './lookup.ts';
import type { ResourceRequest, Terms } from './request.ts';
import { shapeKeyOf } from './shapeKey.ts';

interface Shared {
  readonly shapeKey: string;
  readonly options: ResourceRequest['options'];
  readonly terms: Terms;
}

const known = new WeakMap<Configuration, Map<string, Shared>>();
/** Shapes that are remembered: the memory starts anew rather than grow, and then new requests share with new ones. */
const SHAPES_MAX = 4096;

/** The same request, and the key of its shape. Of 11,000 that wait a few dozen are unlike any other: equal keys are then one string, and cheap to compare. */
export function sharing(
  configuration: Configuration,
  request: ResourceRequest,
): { readonly request: ResourceRequest; readonly shapeKey: string } {
  let shapes = known.get(configuration);
  if (shapes === undefined || shapes.size >= SHAPES_MAX) {
    shapes = new Map();
    known.set(configuration, shapes);
  }
  const shapeKey = shapeKeyOf(request);
  const before = shapes.get(shapeKey);
  if (before === undefined)
    shapes.set(shapeKey, { shapeKey, options: request.options, terms: request.terms });
  const { options, terms } = before ?? request;
  const { agents, departments } = lookupOf(configuration);
  return {
    request: {
      ...request,
      department: departments.get(request.department)?.id ?? request.department,
      agent: agents.get(request.agent)?.id ?? request.agent,
      options,
      terms: isSame(terms, request.terms) ? terms : request.terms,
    },
    shapeKey: before?.shapeKey ?? shapeKey,
  };
}

/** Of a gang each member has its own. */
function isSame(a: Terms, b: Terms): boolean {
  if (a === b) return true;
  const names = Object.keys(a) as (keyof Terms)[];
  const others = Object.keys(b);
  return (
    names.length === others.length && names.every((name, i) => name === others[i] && a[name] === b[name])
  );
}
