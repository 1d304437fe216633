// The list of requests and its filters. Pure: rows and filters in, rows out; the same for 10 and for 10,000 of them.
// Invariant: each row is put into words once, and a filter looks at those words alone. Called by the page, the tests and bench/console.ts.

import type { EventDocument, RequestState, RequestView } from '../../client/shapes.ts';
import { asks } from '../parts/format.ts';

export interface ListedRequest {
  readonly request: RequestView;
  /** In lower case, all that a person may look for. */
  readonly words: string;
  readonly asks: string;
  readonly reason: string;
}

export interface RequestFilter {
  readonly text: string;
  readonly state: string;
  readonly reason: string;
  readonly class: string;
  readonly department: string;
}

export const NO_FILTER: RequestFilter = { text: '', state: '', reason: '', class: '', department: '' };

export function listed(request: RequestView): ListedRequest {
  const { id, clientRequestId, department, agent, state, terms, reasons, options } = request;
  const reason = reasons[0]?.code ?? '';
  const asked = asks(options);
  const words = [
    id,
    clientRequestId,
    department,
    agent,
    state,
    terms.class,
    terms.summary,
    terms.purpose,
    reason,
    asked,
  ]
    .join(' ')
    .toLowerCase();
  return { request, words, asks: asked, reason };
}

/** All words of the text must be found, in any order. */
export function filtered(rows: readonly ListedRequest[], filter: RequestFilter): readonly ListedRequest[] {
  const wanted = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const { state, reason, department } = filter;
  return rows.filter(
    (row) =>
      (state === '' || row.request.state === state) &&
      (reason === '' || row.reason === reason) &&
      (department === '' || row.request.department === department) &&
      (filter.class === '' || row.request.terms.class === filter.class) &&
      wanted.every((word) => row.words.includes(word)),
  );
}

const OUTCOME = /^annona\.request\.(granted|waiting|denied|expired|cancelled)\.v1$/;

/** The state that an event brings a request into; null where it says nothing of it. */
export function stateOfEvent({ type }: Pick<EventDocument, 'type'>): RequestState | null {
  return (OUTCOME.exec(type)?.[1] as RequestState | undefined) ?? null;
}

/** The newest first, each once: what was just read comes before what was known. */
export function merged(
  known: readonly ListedRequest[],
  read: readonly RequestView[],
  most: number,
): readonly ListedRequest[] {
  const fresh = new Map(read.map((request) => [request.id, listed(request)]));
  const kept = known.map((row) => {
    const newer = fresh.get(row.request.id);
    if (newer === undefined) return row;
    fresh.delete(row.request.id);
    return newer;
  });
  return [...fresh.values(), ...kept].slice(0, most);
}
