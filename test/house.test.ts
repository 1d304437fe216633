// The rules of the house, on the checkout as it stands: design.md's table and style.md's numbers, as tests.
// Each rule is a function of test/house/, with tests of its own which prove that it finds what it forbids.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { banBreaches } from './house/bans.ts';
import { danglingImports, directionBreaches } from './house/direction.ts';
import { doorBreaches } from './house/doors.ts';
import { BAN_EXEMPTIONS, ENTRY_POINTS, MIRROR_EXEMPTIONS } from './house/exemptions.ts';
import {
  deadFiles,
  mirrorBreaches,
  staleNames,
  topLevelBreaches,
  unopened,
  vaguePlaces,
} from './house/shape.ts';
import { MOST_FILE_LINES, MOST_FUNCTION_LINES, sizeBreaches } from './house/sizes.ts';
import { readTree, topLevel } from './house/tree.ts';

const ROOT = join(import.meta.dirname, '..');
const tree = readTree(ROOT);

describe('the house', () => {
  it('has nothing else at the top', () => {
    expect(topLevelBreaches(topLevel(ROOT))).toEqual([]);
  });

  it('is read whole', () => {
    expect(tree.size).toBeGreaterThan(50);
    expect(tree.has('scheduler/index.ts')).toBe(true);
  });

  it('has no vague places', () => {
    expect(vaguePlaces(tree)).toEqual([]);
  });

  it('imports one way', () => {
    expect(directionBreaches(tree)).toEqual([]);
  });

  it('imports only what is there', () => {
    expect(danglingImports(tree)).toEqual([]);
  });

  it.each(['solver/index.ts', 'policies/index.ts', 'scheduler/index.ts', 'api/client/index.ts'])(
    'needs no Node behind %s',
    (door) => {
      expect(existsSync(join(ROOT, door))).toBe(true);
      expect(doorBreaches(tree, door)).toEqual([]);
    },
  );

  it('says nothing that is banned', () => {
    expect(banBreaches(tree, BAN_EXEMPTIONS)).toEqual([]);
  });

  it(`has files of at most ${MOST_FILE_LINES} lines and functions of at most ${MOST_FUNCTION_LINES}`, () => {
    expect(sizeBreaches(tree)).toEqual([]);
  });

  it('has no file that nobody uses', () => {
    expect(deadFiles(tree, ENTRY_POINTS)).toEqual([]);
  });

  it('has its tests where their source is', () => {
    expect(mirrorBreaches(tree, MIRROR_EXEMPTIONS)).toEqual([]);
  });

  it('opens every module with what it is', () => {
    expect(unopened(tree)).toEqual([]);
  });

  it('has no exemption for what has gone', () => {
    expect(staleNames(tree, [...Object.keys(ENTRY_POINTS), ...Object.keys(MIRROR_EXEMPTIONS)])).toEqual([]);
  });
});
