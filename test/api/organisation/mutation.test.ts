// However the example is damaged, the loader answers with a Configuration or with places in its files, and never throws.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml';
import { readOrganisation } from '../../../api/organisation/files.ts';
import { ACME, parseTree } from './aTree.ts';

// Files of every section; a few, because each run reads them all again.
const FILES = [
  'organisation.yaml',
  'departments/hr.yaml',
  'pools/licenses.yaml',
  'calendars.yaml',
  'quotas.yaml',
  'accounts.yaml',
];
const TEXTS = Object.fromEntries(FILES.map((file) => [file, readFileSync(join(ACME, file), 'utf8')]));

/** Runs of the property: each parses six files in about 60 ms on a busy core. */
const RUNS = 120;

const damaged = [
  null,
  0,
  -1,
  1.5,
  2 ** 53,
  1e300,
  true,
  '',
  'x',
  '__proto__',
  '2026-02-30',
  [],
  [null],
  {},
  { x: 1 },
];

function collections(node: unknown): (Node & { items: unknown[] })[] {
  if (!isMap(node) && !isSeq(node)) return [];
  const inner = node.items.flatMap((item) =>
    collections(isMap(node) ? (item as { value: unknown }).value : item),
  );
  return [node as Node & { items: unknown[] }, ...inner];
}

/** One key or entry deleted, or its value replaced by one of another type. */
function mutate(text: string, where: number, which: number, by: unknown): string {
  const document = parseDocument(text);
  const all = collections(document.contents).filter(({ items }) => items.length > 0);
  const node = all[where % all.length];
  if (node === undefined || !(isMap(node) || isSeq(node))) return text;
  const index = which % node.items.length;
  const pair = node.items[index];
  const key =
    isMap(node) && pair !== undefined && isScalar((pair as { key: unknown }).key)
      ? String((pair as { key: { value: unknown } }).key.value)
      : index;
  if (by === undefined) node.delete(key);
  else node.set(key, document.createNode(by));
  return String(document);
}

it('never throws when a key goes or a value changes its type, and every problem has a place', () => {
  const damage = fc.record({
    file: fc.constantFrom(...FILES),
    where: fc.nat(10_000),
    which: fc.nat(100),
    by: fc.option(fc.constantFrom(...damaged), { nil: undefined }),
  });
  let refused = 0;
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
      const files = { ...TEXTS };
      for (const { file, where, which, by } of damages) files[file] = mutate(files[file]!, where, which, by);
      const loaded = parseTree(files);
      if (loaded.ok) return;
      refused += 1;
      expect(loaded.problems.length).toBeGreaterThan(0);
      for (const problem of loaded.problems) {
        const line = files[problem.file]!.split('\n')[problem.line - 1];
        expect(line, JSON.stringify(problem)).toBeDefined();
        expect(problem.column).toBeLessThanOrEqual(line!.length + 1);
      }
    }),
    { numRuns: RUNS },
  );
  expect(refused).toBeGreaterThan(RUNS / 2);
});

it('never throws when characters of a file change', () => {
  const characters = fc.constantFrom(
    ' ',
    '\n',
    '\t',
    ':',
    '-',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '&a ',
    '*a ',
    '|',
    '#',
    '?',
    '%',
    '\0',
    '<<',
  );
  const edits = fc.array(fc.record({ at: fc.nat(4000), cut: fc.nat(3), text: characters }), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(fc.constantFrom(...FILES), edits, (file, changes) => {
      let text = TEXTS[file]!;
      for (const { at, cut, text: put } of changes) {
        const place = at % text.length;
        text = text.slice(0, place) + put + text.slice(place + cut);
      }
      const loaded = parseTree({ ...TEXTS, [file]: text });
      if (!loaded.ok)
        expect(loaded.problems.every(({ line, column }) => line >= 1 && column >= 1)).toBe(true);
    }),
    { numRuns: RUNS },
  );
});

it('starts from files that are right by themselves but for the departments that were left out', async () => {
  const all = await readOrganisation(ACME);
  expect(all.map(({ file }) => file)).toEqual(expect.arrayContaining(FILES));
  const loaded = parseTree(TEXTS);
  const messages = loaded.ok ? [] : loaded.problems.map(({ message }) => message);
  expect(messages.filter((message) => !/^unknown (department|kind|skill)|come to/.test(message))).toEqual([]);
});
