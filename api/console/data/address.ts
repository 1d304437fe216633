// The address of a page of the console: path and parameters behind the `#`, so that it works behind any proxy and a link has the whole state.
// Invariant: pure; parse(format(x)) is x. Called by route.ts and the tests.

export interface Address {
  /** ["requests", "req_1"]; empty for the first page. */
  readonly path: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

export function parseAddress(hash: string): Address {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split(/\?(.*)/s);
  return {
    path: path
      .split('/')
      .filter((part) => part !== '')
      .map(decoded),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

export function formatAddress({ path, query }: Address): string {
  const kept = Object.entries(query).filter(([, value]) => value !== '');
  const text = new URLSearchParams(kept).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

/** A link to a page. */
export function linkTo(path: readonly string[], query: Readonly<Record<string, string>> = {}): string {
  return formatAddress({ path, query });
}

/** A hand-written address may have a stray `%`: it is shown as it stands, and finds nothing. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
