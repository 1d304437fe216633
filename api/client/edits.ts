// Editing what operators own: read it with its ETag, show what an edit would do, write it only onto what was read.
// Invariant: an edit names the version that it is based on (`If-Match`), or that there must be none (`If-None-Match: *`).

import type { Calls } from './calls.ts';
import type { View } from './shapes.ts';

export interface Versioned {
  readonly value: View;
  readonly etag: string;
}

export interface Edit {
  /** The ETag that the edit is based on; null: it must not exist yet. */
  readonly base: string | null;
  /** Shows what it would do, and does nothing. */
  readonly dryRun?: boolean;
}

export interface Edits {
  /** @throws ProblemError NOT_FOUND */
  read(path: string): Promise<Versioned>;
  put(path: string, body: unknown, edit: Edit): Promise<View>;
  delete(path: string, edit: Edit): Promise<View>;
}

export function createEdits(calls: Calls): Edits {
  const edit = async (
    method: 'PUT' | 'DELETE',
    path: string,
    { base, dryRun, body }: Edit & { body?: unknown },
  ) => {
    const answer = await calls.call({
      method,
      path,
      query: { dryRun: dryRun || undefined },
      headers: base === null ? { 'if-none-match': '*' } : { 'if-match': base },
      ...(body === undefined ? {} : { body }),
      // A second time it would meet its own new version and be refused.
      repeatable: dryRun === true,
    });
    return answer.body as View;
  };
  return {
    async read(path) {
      const { body, etag } = await calls.call({ method: 'GET', path, repeatable: true });
      if (etag === null) throw new Error(`${path} was answered without an ETag: nothing to base an edit on`);
      return { value: body as View, etag };
    },
    put: (path, body, how) => edit('PUT', path, { ...how, body }),
    delete: (path, how) => edit('DELETE', path, how),
  };
}
