// Where the person is, as the address says it, and how to go elsewhere.

import { type Address, formatAddress, parseAddress } from './address.ts';
import { createStore, useStore } from './store.ts';

const address = createStore<Address>(parseAddress(location.hash));
addEventListener('hashchange', () => address.set(parseAddress(location.hash)));

export function useAddress(): Address {
  return useStore(address);
}

export function go(path: readonly string[], query: Readonly<Record<string, string>> = {}): void {
  location.hash = formatAddress({ path, query });
}

/** Changes parameters of the page in place: typing into a filter makes no history. */
export function setQuery(change: Readonly<Record<string, string>>): void {
  const { path, query } = address.get();
  const next = { path, query: { ...query, ...change } };
  history.replaceState(null, '', formatAddress(next));
  address.set(parseAddress(location.hash));
}
