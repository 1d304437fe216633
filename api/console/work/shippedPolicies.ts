// The Rego of the policies that ship with the product, to read and to start an edit from. Loaded when the workbench is opened.
// Invariant: without the generated verdict and without tests of vectors, which need files of their own.

import type { PolicySource } from '../../../policies/index.ts';

const TEXTS = import.meta.glob(
  ['../../../policies/rego/default/*.rego', '../../../policies/rego/library/*.rego'],
  {
    query: '?raw',
    import: 'default',
    eager: true,
  },
);

export const SHIPPED_SOURCES: readonly PolicySource[] = Object.entries(TEXTS)
  .map(([path, text]) => ({ path: path.replace('../../../', ''), text }))
  .filter(({ path }) => !/vectors_test\.rego$/.test(path))
  .toSorted((a, b) => (a.path < b.path ? -1 : 1));
