// Reads the page part of a query string whose shape was checked, explicitly: nothing is coerced behind a handler's back.

import type { PageQuery } from '../ports.ts';

const LIMIT_DEFAULT = 50;

export function pageQuery(query: { readonly limit?: string; readonly after?: string }): PageQuery {
  return {
    limit: query.limit === undefined ? LIMIT_DEFAULT : Number(query.limit),
    after: query.after ?? null,
  };
}
