// What files can get wrong together: names that refer to nothing, ids that stand twice, sums and stretches that do not hold.

import { describe, expect, it } from 'vitest';
import { parseTree, problemsOf, type Spoilt, smallTree } from '../aTree.ts';

type Case = readonly [string, Spoilt | readonly Spoilt[], string];

function reports(cases: readonly Case[]): void {
  it.each(cases)('%s', (_name, spoilt, want) => {
    expect(problemsOf(smallTree(...[spoilt].flat()))).toEqual([want]);
  });
}

describe('departments and agents report', () => {
  reports([
    [
      'a class that does not exist',
      { file: 'departments', replace: 'classes: [standard] }', by: 'classes: [standard, urgent] }' },
      'departments.yaml:14:82: unknown class "urgent" (allowed: standard)',
    ],
    [
      'a kind in the request limits that no pool has',
      { file: 'departments', replace: '{ gpu: 8 }', by: '{ gpus: 8 }' },
      'departments.yaml:6:22: unknown kind "gpus" (did you mean "gpu"?) (allowed: agent, gpu, review)',
    ],
    [
      'a limit on a kind that the department may not ask for',
      {
        file: 'departments',
        replace: 'requestLimits: { gpu: 8 }',
        by: 'kinds: [agent]\n    requestLimits: { gpu: 8 }',
      },
      'departments.yaml:7:22: the department may not ask for "gpu" at all (allowed: agent)',
    ],
    [
      'an unknown skill',
      { file: 'departments', replace: 'skills: [build]', by: 'skills: [biuld]' },
      'departments.yaml:10:18: unknown skill "biuld" (did you mean "build"?) (allowed: build, legal-review)',
    ],
    [
      'an unknown account',
      { file: 'departments', replace: 'accounts: [builds]', by: 'accounts: [build]' },
      'departments.yaml:12:20: unknown account "build" (did you mean "builds"?) (allowed: builds, small)',
    ],
    [
      'an account together with the one above it',
      { file: 'departments', replace: 'accounts: [builds]', by: 'accounts: [builds, small]' },
      'departments.yaml:12:20: the account "builds" lies under "small", which pays already; name the lowest account only',
    ],
    [
      'a clearance above the ceiling',
      { file: 'departments', replace: 'clearance: internal', by: 'clearance: restricted' },
      'departments.yaml:11:20: the clearance "restricted" is above the ceiling of the department engineering ' +
        '(allowed: public, internal, confidential)',
    ],
    [
      'two departments of one id',
      {
        file: 'departments',
        replace: '  - { id: legal',
        by: '  - { id: engineering, title: Again, clearanceCeiling: public, classes: [standard] }\n  - { id: legal',
      },
      'departments.yaml:14:11: department "engineering" stands twice; first in departments.yaml:2:9',
    ],
    [
      'an agent that two groups make',
      {
        file: 'departments',
        replace: '  - { id: legal',
        by: '      - { name: forge-02, clearance: public, accounts: [builds] }\n  - { id: legal',
      },
      'departments.yaml:14:17: agent "forge-02" stands twice; first in departments.yaml:8:15',
    ],
    [
      'an agent pool that is written as well',
      { file: 'pools', replace: 'id: h100', by: 'id: agent-forge-01' },
      'departments.yaml:8:15: the pool "agent-forge-01" stands in the section "pools" already',
    ],
    [
      'two classes of one rank',
      {
        file: 'organisation',
        replace: 'leaseTerms',
        by: '  - { name: batch, rank: 0, targetWaitSeconds: 60, maxDurationSeconds: 60 }\nleaseTerms',
      },
      'organisation.yaml:5:26: rank "0" stands twice; first in organisation.yaml:4:29',
    ],
  ]);

  it('names the nearest five when there are many to choose from', () => {
    const skills = Array.from({ length: 20 }, (_, index) => `skill-${index}`).join(', ');
    const files = smallTree(
      { file: 'organisation', replace: 'skills: [build, ', by: `skills: [${skills}, build, ` },
      { file: 'departments', replace: 'skills: [build]', by: 'skills: [biuld]' },
    );
    const loaded = parseTree(files);
    const [problem] = loaded.ok ? [] : loaded.problems;
    expect(problem?.allowed?.[0]).toBe('build');
    expect(problem?.allowed).toHaveLength(5);
  });
});

describe('pools report', () => {
  reports([
    [
      'neither an id nor a series',
      { file: 'pools', replace: 'id: h100, ', by: '' },
      'pools.yaml:3:5: a pool needs "id", or "each" with several',
    ],
    [
      'a series with an id',
      { file: 'pools', replace: 'capacity: 6', by: 'each: [{ id: h100-1, capacity: 6 }]' },
      'pools.yaml:3:7: a series of pools ("each") has no id of its own',
    ],
    [
      'a member of a series that stands elsewhere',
      { file: 'pools', replace: 'id: h100, ', by: 'each: [{ id: h100-1 }, { id: a100 }], ' },
      'pools.yaml:3:36: pool "a100" stands twice; first in pools.yaml:2:11',
    ],
    [
      'neither capacity nor calendar',
      [
        { file: 'pools', replace: 'capacity: 6, ', by: '' },
        { file: 'quotas', replace: 'nominal: 12', by: 'nominal: 6' },
      ],
      'pools.yaml:3:5: a pool needs "capacity", "calendar" or "nodes"',
    ],
    [
      'capacity beside a calendar',
      { file: 'pools', replace: 'unit: slot', by: 'unit: slot\n    capacity: 4' },
      'pools.yaml:7:5: a pool with a calendar has its capacity in the windows ("slots")',
    ],
    [
      'two units for one kind',
      { file: 'pools', replace: 'unit: GPU, capacity: 6', by: 'unit: card, capacity: 6' },
      'pools.yaml:3:34: the kind "gpu" is counted in "GPU" at pools.yaml:2:34 (allowed: GPU)',
    ],
    [
      'an id that stands twice',
      { file: 'pools', replace: 'id: h100', by: 'id: a100' },
      'pools.yaml:3:11: pool "a100" stands twice; first in pools.yaml:2:11',
    ],
    [
      'a review skill that does not exist',
      { file: 'pools', replace: 'skill: legal-review', by: 'skill: legal' },
      'pools.yaml:7:22: unknown skill "legal" (allowed: build, legal-review)',
    ],
    [
      'windows that overlap',
      {
        file: 'pools',
        replace: 'slots: 3, weeks: 2 }',
        by: 'slots: 3, weeks: 2 }\n        - { days: [wed], from: "11:59", to: "13:00", slots: 1, weeks: 2 }',
      },
      'pools.yaml:11:11: the window "2026-11-25T11:59Z" overlaps the window "2026-11-25T09:00Z"',
    ],
    [
      'a window that ends before it starts',
      { file: 'pools', replace: 'to: "12:00"', by: 'to: "08:00"' },
      'pools.yaml:10:11: the window "2026-11-23T09:00Z" ends before it starts',
    ],
    [
      'a minute that does not exist',
      {
        file: 'pools',
        replace: 'calendar:',
        by: 'calendar:\n      windows: [{ startsAt: "2026-02-30T09:00Z", endsAt: "2026-03-01T09:00Z", slots: 1 }]',
      },
      'pools.yaml:9:29: there is no minute 2026-02-30T09:00Z',
    ],
    [
      'a renewable calendar',
      { file: 'pools', replace: 'unit: slot', by: 'unit: slot\n    consumable: false' },
      'pools.yaml:7:17: the windows of a calendar are consumable (allowed: true)',
    ],
    [
      'an empty calendar',
      {
        file: 'pools',
        replace: 'weekly:\n        - { days: [mon, wed], from: "09:00", to: "12:00", slots: 3, weeks: 2 }',
        by: '{}',
      },
      'pools.yaml:9:7: a calendar needs an entry in "weekly" or in "windows"',
    ],
    [
      'a kind whose sum is beyond exact integers',
      { file: 'pools', replace: 'capacity: 6', by: 'capacity: 9007199254740991' },
      'pools.yaml:3:5: with this pool the kind "gpu" has more than 9007199254740991 units in all',
    ],
  ]);
});
