// The published schema is the one in force, and the examples of the documentation are right.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { organisationSchema } from '../../../api/organisation/index.ts';
import { problemsOf } from './aTree.ts';

const docs = join(import.meta.dirname, '../../../docs');

it('is the schema in docs/organisation.schema.json; organisation.md says how to write it anew', () => {
  const published = JSON.parse(readFileSync(join(docs, 'organisation.schema.json'), 'utf8'));
  expect(published).toEqual(organisationSchema());
});

it('accepts the worked example of docs/organisation.md', () => {
  const text = readFileSync(join(docs, 'organisation.md'), 'utf8');
  const blocks = [...text.matchAll(/```yaml\n# (\S+\.yaml)\n([\s\S]*?)```/g)].map(
    ([, file, yaml]) => [file, yaml] as const,
  );
  expect(blocks.length).toBeGreaterThan(2);
  expect(problemsOf(Object.fromEntries(blocks) as Record<string, string>)).toEqual([]);
});

it('names every key of an organisation file in the documentation', () => {
  const text = readFileSync(join(docs, 'organisation.md'), 'utf8');
  const keys = new Set<string>();
  JSON.stringify(organisationSchema(), (name, value) => {
    if (name === 'properties') for (const key of Object.keys(value)) keys.add(key);
    return value;
  });
  expect([...keys].filter((key) => !text.includes(`\`${key}\``) && !text.includes(`${key}:`))).toEqual([]);
});
