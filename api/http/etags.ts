// ETags of what can be edited, and the conditions of a call on them (RFC 9110, section 13). Used by edits.ts and the routes that show objects.
// Invariant: a tag covers what an edit replaces, never the use of it; tags are strong and compared whole.

import canonicalize from 'canonicalize';
import type { FastifyRequest } from 'fastify';
import type { Digest } from '../../scheduler/index.ts';
import { ProblemError } from '../errors.ts';

const TAGS = /^(?:W\/)?"[!#-~]{0,100}"(?:[ \t]*,[ \t]*(?:W\/)?"[!#-~]{0,100}")*$/;

/** `absent`: only create. `present`: whatever it is like. `tags`: only if it is one of these. */
export type Precondition =
  | { readonly type: 'absent' }
  | { readonly type: 'present' }
  | { readonly type: 'tags'; readonly tags: readonly string[] };

export function etagOf(part: object, digest: Digest): string {
  return `"${digest([canonicalize(part) ?? '']).slice(0, 32)}"`;
}

/** @throws PRECONDITION_REQUIRED without a condition: an edit that overwrites what its maker has not seen is a lost edit. */
export function preconditionOf({ headers }: FastifyRequest): Precondition {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifMatch !== undefined && ifNoneMatch !== undefined)
    throw invalid('If-Match and If-None-Match exclude each other');
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() !== '*') throw invalid('If-None-Match may only be *, to create');
    return { type: 'absent' };
  }
  if (ifMatch === undefined) {
    throw new ProblemError({
      code: 'PRECONDITION_REQUIRED',
      detail: 'the call has neither If-Match nor If-None-Match: *',
    });
  }
  const text = ifMatch.trim();
  if (text === '*') return { type: 'present' };
  if (!TAGS.test(text)) throw invalid('If-Match must be the ETag of the object, with its quotes, or *');
  return { type: 'tags', tags: text.match(/(?:W\/)?"[^"]*"/g) ?? [] };
}

/** A weak tag equals none: strong comparison. */
export function holds(precondition: Precondition, etag: string | null): boolean {
  switch (precondition.type) {
    case 'absent':
      return etag === null;
    case 'present':
      return etag !== null;
    case 'tags':
      return etag !== null && precondition.tags.includes(etag);
    default: {
      const never: never = precondition;
      throw new Error(`unknown precondition ${JSON.stringify(never)}`);
    }
  }
}

function invalid(detail: string): ProblemError {
  return new ProblemError({ code: 'HEADER_INVALID', detail });
}
