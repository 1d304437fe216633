// A tree of several cells: what each is given, what is allotted, and every mistake with its place.
import { describe, expect, it } from 'vitest';
import { parseTree, problemsOf, type Spoilt, smallTree } from './aTree.ts';

const CELLS = `cells:
  - id: north
    departments: [engineering]
    pools: [a100, counsel]
    allotments: { pools: { h100: 4 }, accounts: { small: 60 } }
  - id: south
    departments: [legal]
    allotments: { pools: { h100: 2 }, accounts: { small: 39 } }
`;

/** The small tree in two cells, with an agent in each and a root account that both draw on. */
const TWO: readonly Spoilt[] = [
  { file: 'organisation', replace: 'cell: main\n', by: CELLS },
  {
    file: 'departments',
    replace: 'restricted, classes: [standard] }',
    by: 'restricted, classes: [standard], agents: [{ name: scribe, clearance: internal, accounts: [small], concurrency: 1 }] }',
  },
  {
    file: 'quotas',
    replace: '      legal: { nominal: 4 }\n',
    by: '  - { kind: gpu, shares: { legal: { nominal: 4 } } }\n',
  },
];

function cellsOf(...changes: readonly Spoilt[]) {
  const loaded = parseTree(smallTree(...TWO, ...changes));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.cells;
}

describe('a tree of two cells', () => {
  it('is two configurations, each with its own and its part of what is shared', () => {
    const [north, south] = cellsOf();
    expect([north?.cell, south?.cell]).toEqual(['north', 'south']);
    expect(north?.departments.map(({ id }) => id)).toEqual(['engineering']);
    expect(north?.pools.map(({ id, capacity }) => [id, capacity])).toEqual([
      ['a100', 10],
      ['agent-forge-01', 4],
      ['agent-forge-02', 4],
      ['counsel', 0],
      ['h100', 4],
    ]);
    expect(south?.pools.map(({ id, capacity }) => [id, capacity])).toEqual([
      ['agent-scribe', 1],
      ['h100', 2],
    ]);
    expect(south?.quotas.map(({ department }) => department)).toEqual(['legal']);
    expect([north, south].map((cell) => cell?.cohorts.length)).toEqual([1, 0]);
    const budgets = [north, south].map((cell) =>
      cell?.accounts.map(({ id, periods }) => [id, periods[0]?.budget]),
    );
    expect(budgets).toEqual([
      [
        ['builds', 500],
        ['small', 600],
      ],
      [['small', 390]],
    ]);
    expect(south?.cells).toEqual({
      neighbours: [{ cell: 'north', departments: ['engineering'], kinds: ['agent', 'gpu', 'review'] }],
      pools: [{ pool: 'h100', whole: 6 }],
      accounts: south?.accounts[0]?.periods.map(({ id }) => ({ account: 'small', period: id, whole: 1000 })),
    });
    expect(north?.revision).not.toBe(south?.revision);
  });

  it('says nothing of cells where it is one', () => {
    const loaded = parseTree(smallTree());
    expect(loaded.ok && [loaded.cells.length, loaded.configuration.cells]).toEqual([1, undefined]);
  });
});

/** What is spoilt -> what is said of it. */
const MISTAKES: Readonly<Record<string, readonly [Spoilt, RegExp]>> = {
  'a cell beside cells': [
    { file: 'organisation', replace: 'cells:\n', by: 'cell: main\ncells:\n' },
    /organisation.yaml:2:\d+: a tree is one "cell" or has several "cells"/,
  ],
  'a department in no cell': [
    { file: 'organisation', replace: 'departments: [legal]', by: 'departments: [engineering]' },
    /the department "legal" is in no cell/,
  ],
  'a department in two cells': [
    { file: 'organisation', replace: 'departments: [legal]', by: 'departments: [legal, engineering]' },
    /in a cell, department "engineering" stands twice/,
  ],
  'an unknown department': [
    { file: 'organisation', replace: 'departments: [legal]', by: 'departments: [legal, sales]' },
    /unknown department "sales"/,
  ],
  'a pool in no cell': [
    { file: 'organisation', replace: 'pools: [a100, counsel]', by: 'pools: [counsel]' },
    /the pool "a100" is in no cell/,
  ],
  'a pool that is one’s own and allotted': [
    { file: 'organisation', replace: 'pools: [a100, counsel]', by: 'pools: [a100, counsel, h100]' },
    /the pool "h100" is the cell north’s own/,
  ],
  'allotments that are not the pool': [
    { file: 'organisation', replace: 'h100: 2', by: 'h100: 3' },
    /the allotments of "h100" are 7 units, the pool has 6/,
  ],
  'windows that are to be parted': [
    {
      file: 'organisation',
      replace: '[a100, counsel]\n    allotments: { pools: { h100: 4 }',
      by: '[a100]\n    allotments: { pools: { h100: 4, counsel: 0 }',
    },
    /"counsel" has a calendar: such a pool is one cell’s own/,
  ],
  'an account without its percentages': [
    { file: 'organisation', replace: ', accounts: { small: 39 }', by: '' },
    /the cells north, south draw on "small"; allot each a percentage of it \(lacking: south\)/,
  ],
  'percentages over the whole': [
    { file: 'organisation', replace: 'small: 39', by: 'small: 41' },
    /the allotments of "small" are 101 percent/,
  ],
  'a percentage for who draws nothing': [
    { file: 'organisation', replace: 'small: 39', by: 'small: 39, builds: 5' },
    /no agent of the cell draws on the account "builds"/,
  ],
  'a cohort in two cells': [
    { file: 'quotas', replace: 'shares: { legal', by: 'cohort: all, shares: { legal' },
    /the cohort "all" has members in the cells north, south/,
  ],
};

describe('what is wrong with cells is named', () => {
  it.each(Object.keys(MISTAKES))('%s', (what) => {
    const [spoilt, want] = MISTAKES[what]!;
    expect(problemsOf(smallTree(...TWO, spoilt)).join('\n')).toMatch(want);
  });
});
