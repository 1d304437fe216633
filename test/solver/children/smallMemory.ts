// The solver child on a machine that has no memory left for WebAssembly beyond what the engine starts with.
// Started by test/solver/memory.test.ts in place of solver/child.ts.

// The types of Node alone do not know it.
interface Host {
  readonly WebAssembly: { readonly Memory: { readonly prototype: { grow(pages: number): number } } };
}

(globalThis as unknown as Host).WebAssembly.Memory.prototype.grow = () => {
  throw new RangeError('WebAssembly.Memory.grow(): no memory');
};
await import('../../../solver/child.ts');
