// What a file alone can get wrong: syntax, keys, types and choices. Each is one line with its place and what is allowed there.

import { describe, expect, it } from 'vitest';
import { loadOrganisation, problemLine } from '../../../api/organisation/index.ts';
import { NOW, problemsOf, type Spoilt, sha256, smallTree, withDirectory } from './aTree.ts';

describe('one mistake in one file', () => {
  const cases: readonly (readonly [string, Spoilt, string])[] = [
    [
      'an unknown key',
      { file: 'pools', replace: 'capacity: 6', by: 'capacitty: 6, capacity: 6' },
      'pools.yaml:3:39: unknown key "capacitty" (did you mean "capacity"?) ' +
        '(allowed: id, kind, unit, capacity, calendar, nodes, prices, labels, consumable, classification, priceMinor, each)',
    ],
    [
      'a missing key',
      { file: 'pools', replace: 'id: h100, kind: gpu, ', by: 'id: h100, ' },
      'pools.yaml:3:5: "pools[1]" lacks the key "kind"',
    ],
    [
      'a value outside a closed list',
      { file: 'departments', replace: 'clearance: internal', by: 'clearance: internel' },
      'departments.yaml:11:20: "clearance" is "internel" (did you mean "internal"?) ' +
        '(allowed: public, internal, confidential, restricted)',
    ],
    [
      'a text where a number is wanted',
      { file: 'pools', replace: 'capacity: 6', by: 'capacity: "6"' },
      'pools.yaml:3:49: "capacity" must be a whole number, not "6"',
    ],
    [
      'a fraction',
      { file: 'pools', replace: 'capacity: 6', by: 'capacity: 6.5' },
      'pools.yaml:3:49: "capacity" must be a whole number, not 6.5',
    ],
    [
      'a negative amount',
      { file: 'pools', replace: 'capacity: 6', by: 'capacity: -6' },
      'pools.yaml:3:49: "capacity" is -6; at least 0',
    ],
    [
      'an amount beyond exact integers',
      { file: 'pools', replace: 'capacity: 6', by: 'capacity: 9007199254740993' },
      'pools.yaml:3:49: "capacity" is 9007199254740992; at most 9007199254740991',
    ],
    [
      'an id that is no slug',
      { file: 'pools', replace: 'id: h100', by: 'id: H 100' },
      'pools.yaml:3:11: "id" is "H 100", which is not a slug (lower case letters, digits, "." and "-", at most 63 characters)',
    ],
    [
      'a department key that is no slug',
      { file: 'quotas', replace: 'legal:', by: 'Legal:' },
      'quotas.yaml:8:7: the key "Legal" is not a slug (lower case letters, digits, "." and "-", at most 63 characters)',
    ],
    [
      'a time of day that is none',
      { file: 'pools', replace: '"12:00"', by: '"25:00"' },
      'pools.yaml:10:50: "to" is "25:00", which is not a time of day like 09:30',
    ],
    [
      'a skill twice',
      { file: 'departments', replace: 'skills: [build]', by: 'skills: [build, build]' },
      'departments.yaml:10:17: "skills" has the same entry twice (number 1 and 2)',
    ],
    [
      'five classes',
      {
        file: 'organisation',
        replace: 'leaseTerms',
        by: `${['a', 'b', 'c', 'd'].map((name, rank) => `  - { name: ${name}, rank: ${rank + 1}, targetWaitSeconds: 1, maxDurationSeconds: 1 }\n`).join('')}leaseTerms`,
      },
      'organisation.yaml:4:3: "classes" must have at most 4 entries',
    ],
    [
      'a key that stands twice',
      { file: 'pools', replace: 'capacity: 6', by: 'capacity: 6, capacity: 6' },
      'pools.yaml:3:52: the key capacity stands twice in this mapping',
    ],
    [
      'an anchor that is not there',
      { file: 'departments', replace: 'skills: [build]', by: 'skills: *builders' },
      'departments.yaml:10:17: unknown anchor "builders" (allowed: none)',
    ],
    [
      'an alias that contains itself',
      { file: 'departments', replace: 'skills: [build]', by: 'skills: &all [build, *all]' },
      'departments.yaml:10:30: the alias "all" contains itself',
    ],
    [
      'an unknown tag',
      { file: 'pools', replace: 'capacity: 6', by: 'capacity: !units 6' },
      'pools.yaml:3:49: Unresolved tag: !units',
    ],
    [
      'an empty section',
      { file: 'quotas', replace: 'cohorts:\n  - { id: all, title: Everybody }', by: 'cohorts:' },
      'quotas.yaml:1:9: "cohorts" must be a list, not empty',
    ],
  ];

  it.each(cases)('%s is reported with its place', (_name, spoilt, want) => {
    expect(problemsOf(smallTree(spoilt))).toEqual([want]);
  });

  it('is none in the tree as it is', () => {
    expect(problemsOf(smallTree())).toEqual([]);
  });
});

describe('a whole tree', () => {
  it('must hold every required section', () => {
    const files = { ...smallTree(), 'organisation.yaml': 'skills: [build, legal-review]\n' };
    const want = ['cell', 'classes', 'leaseTerms', 'organisation'].map(
      (section) => `organisation.yaml:1:1: the section "${section}" stands in no file of the tree`,
    );
    expect(problemsOf(files)).toEqual(want);
  });

  it('has each single section once', () => {
    const files = { ...smallTree(), 'z.yaml': 'cell: other\n' };
    expect(problemsOf(files)).toEqual(['z.yaml:1:1: the section "cell" stands already in organisation.yaml']);
  });

  it('reports all problems at once, by file and line', () => {
    const files = smallTree(
      { file: 'pools', replace: 'capacity: 6', by: 'capacity: -6' },
      {
        file: 'departments',
        replace: 'classes: [standard]\n    requestLimits: { gpu: 8 }',
        by: 'classes: [express]',
      },
      { file: 'accounts', replace: 'parent: small', by: 'parent: smal' },
      { file: 'pools', replace: 'labels: { model: A100 }', by: 'label: { model: A100 }' },
    );
    expect(problemsOf(files).map((line) => line.slice(0, line.indexOf(': ')))).toEqual([
      'accounts.yaml:3:42',
      'departments.yaml:5:15',
      'pools.yaml:2:53',
      'pools.yaml:3:49',
    ]);
  });

  it('does not repeat one mistake at everything that refers to it', () => {
    const broken = smallTree({ file: 'accounts', replace: 'title: Builds, ', by: '' });
    expect(problemsOf(broken)).toEqual(['accounts.yaml:3:5: "accounts[1]" lacks the key "title"']);
    const unreadable = smallTree({ file: 'accounts', replace: 'accounts:', by: 'accounts: ]' });
    expect(problemsOf(unreadable).every((line) => line.startsWith('accounts.yaml:'))).toBe(true);
    expect(problemsOf(unreadable)).not.toEqual([]);
  });

  it('is read from a directory with its folders', async () => {
    const { 'pools.yaml': pools, ...rest } = smallTree({
      file: 'pools',
      replace: 'unit: slot',
      by: 'units: slot',
    });
    const loaded = await withDirectory(
      { ...rest, 'pools/all.yml': pools!, 'notes.txt': 'not YAML: [' },
      (directory) => loadOrganisation(directory, { now: NOW, digest: sha256 }),
    );
    expect(loaded.ok ? [] : loaded.problems).toMatchObject([
      { file: 'pools/all.yml', line: 4, column: 5, message: '"pools[2]" lacks the key "unit"' },
      { file: 'pools/all.yml', line: 6, column: 5, message: 'unknown key "units" (did you mean "unit"?)' },
    ]);
  });

  it('is handed back as written when it is right', async () => {
    const loaded = await withDirectory(smallTree(), (directory) =>
      loadOrganisation(directory, { now: NOW, digest: sha256 }),
    );
    expect(loaded).toMatchObject({
      ok: true,
      document: { 'quotas.yaml': { cohorts: [{ id: 'all', title: 'Everybody' }] } },
    });
  });

  it('that is not there is a problem and not a crash', async () => {
    const lines = await withDirectory({}, async (directory) => {
      const loaded = await loadOrganisation(`${directory}/none`, { now: NOW, digest: sha256 });
      return loaded.ok ? [] : loaded.problems.map(problemLine);
    });
    expect(lines).toEqual(['organisation.yaml:1:1: no .yaml file in the directory, or no such directory']);
  });

  it('shows a file that cannot be read beside the other problems', async () => {
    const texts = Object.entries(smallTree()).map(([file, text]) => ({ file, text }));
    const read = async () => [...texts, { file: 'locked.yaml', fault: 'cannot be read: EACCES' }];
    const loaded = await loadOrganisation('anywhere', { now: NOW, digest: sha256, read });
    expect(loaded).toEqual({
      ok: false,
      problems: [{ file: 'locked.yaml', line: 1, column: 1, message: 'cannot be read: EACCES' }],
    });
  });
});
