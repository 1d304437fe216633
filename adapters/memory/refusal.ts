// A commit that breaks a promise, refused by the store: a bug of whoever sent it, so it throws. Used by the memory store's guards.

export class StoreRefusal extends Error {
  override name = 'StoreRefusal';
}

/** @throws StoreRefusal, with the promise that it would break in front. */
export function refuse(promise: string, what: string): never {
  throw new StoreRefusal(`${promise}: ${what}`);
}
