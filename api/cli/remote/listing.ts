// What all list commands share: how many, which filters, and that a cut list says so.

import type { AnnonaClient, ListOptions, Query, View } from '../../client/index.ts';
import { EXIT } from '../io.ts';
import { connect } from './connection.ts';
import { textOf, usage, wholeOf } from './options.ts';
import { type Column, firstOf, showList } from './output.ts';
import type { Invocation } from './spec.ts';

const PAGE_MAX = 500;

export interface Listing {
  readonly path: string;
  /** Options that are passed on as query parameters of the same name. */
  readonly filters?: readonly string[];
  readonly columns: readonly Column[];
  readonly none: string;
}

export async function list(invocation: Invocation, listing: Listing): Promise<number> {
  const most = wholeOf(invocation.options, 'limit') ?? PAGE_MAX;
  if (most === 0) throw usage('--limit 0 shows nothing: say at least 1');
  const { client } = await connect(invocation);
  const query = queryOf(invocation, listing.filters ?? []);
  const items = await oneMore(client, listing.path, { ...query, limit: Math.min(most + 1, PAGE_MAX) }, most);
  showList(invocation, items.slice(0, most), listing);
  if (items.length > most) invocation.io.err(`there are more: --limit shows further than ${most}`);
  return EXIT.done;
}

/** One more than is shown tells whether the list is cut. */
function oneMore(
  client: AnnonaClient,
  path: string,
  query: Query & ListOptions,
  most: number,
): Promise<View[]> {
  return firstOf(client.list(path, query), most + 1);
}

export function queryOf({ options }: Invocation, names: readonly string[]): Query {
  return Object.fromEntries(
    names.flatMap((name) => {
      const text = textOf(options, name);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}
