// Lists of the API, page after page, as long as somebody reads on.

import type { Calls, Query } from './calls.ts';
import type { Page } from './shapes.ts';

export interface ListOptions {
  /** Items a page, 1 to 500. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** One page is held at a time; the next is asked for when the last item of this one was taken. */
export async function* listItems<Item>(
  calls: Calls,
  path: string,
  { signal, ...query }: Query & ListOptions,
): AsyncGenerator<Item> {
  let after: string | undefined;
  do {
    const { body } = await calls.call({
      method: 'GET',
      path,
      query: { ...query, after },
      repeatable: true,
      ...(signal === undefined ? {} : { signal }),
    });
    const { items, next } = body as Page<Item>;
    yield* items;
    after = next ?? undefined;
  } while (after !== undefined);
}
