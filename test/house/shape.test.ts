// The rules of shape each find what they are for.
import { describe, expect, it } from 'vitest';
import { deadFiles, mirrorBreaches, staleNames, topLevelBreaches, unopened, vaguePlaces } from './shape.ts';
import { treeOf } from './tree.ts';

describe('the top', () => {
  it('holds the house’s own folders and files, tools’ dot-files and what git ignores', () => {
    expect(topLevelBreaches(['solver/', 'docs/', 'README.md', '.ci/', '.npmrc', 'node_modules/'])).toEqual(
      [],
    );
  });

  it.each(['src/', 'utils/', 'notes.md', 'solver', 'vitest.config.ts'])('has no %s', (name) => {
    expect(topLevelBreaches([name])).toHaveLength(1);
  });
});

describe('a place', () => {
  it.each(['solver/utils.ts', 'api/common/a.ts', 'scheduler/helpers/a.ts'])('is not called %s', (path) => {
    expect(vaguePlaces(treeOf({ [path]: '' }))).toEqual([`${path}: name it by what it does`]);
  });

  it('may be named by what it does', () => {
    expect(vaguePlaces(treeOf({ 'api/http/commonName.ts': '', 'docs/common/a.ts': '' }))).toEqual([]);
  });
});

describe('a dead file', () => {
  it('is one that only tests import, or only itself', () => {
    const tree = treeOf({
      'solver/index.ts': "export * from './a.ts';",
      'solver/a.ts': "new URL('./child.ts', import.meta.url);",
      'solver/child.ts': '',
      'solver/tested.ts': '',
      'solver/own.ts': "new URL('./own.ts', import.meta.url);",
      'test/solver/a.test.ts': "import '../../solver/tested.ts';",
    });
    const wantDead = ['solver/tested.ts', 'solver/own.ts'];
    expect(deadFiles(tree, { 'solver/index.ts': 'the door' }).map((line) => line.split(' ')[0])).toEqual(
      wantDead,
    );
  });
});

describe('the mirror of tests', () => {
  const tree = treeOf({
    'solver/a.ts': '',
    'solver/engines/b.ts': '',
    'api/http/c.ts': '',
    'test/solver/a.test.ts': '',
    'test/api/http/c/behaviour.test.ts': '',
    'test/adapters/old/d.test.ts': '',
    'test/contract/e.test.ts': '',
    'test/house.test.ts': '',
  });

  it('names the folder without tests and the tests without a folder', () => {
    expect(mirrorBreaches(tree, {}).map((line) => line.split(' ')[0])).toEqual([
      'solver/engines/',
      'test/adapters/old/',
    ]);
  });

  it('lets a folder be exempt by name', () => {
    expect(mirrorBreaches(tree, { 'solver/engines': 'in test/contract' })).toHaveLength(1);
  });
});

describe('an exemption’s name', () => {
  it('is stale when nothing has it', () => {
    const tree = treeOf({ 'solver/index.ts': '', 'api/http/a.ts': '' });
    const wantStale = ['test/house/exemptions.ts: solver/node.ts is not there any more'];
    expect(staleNames(tree, ['solver/index.ts', 'solver/node.ts', 'api/http'])).toEqual(wantStale);
  });
});

describe('a module', () => {
  it('opens with a comment', () => {
    const tree = treeOf({
      'solver/a.ts': '// A model.\n',
      'api/cli/a.js': '#!/bin/x\n// The command.',
      'solver/b.ts': 'a;',
    });
    expect(unopened(tree)).toEqual([
      'solver/b.ts does not open with a comment: what it is, its invariant, who calls it',
    ]);
  });
});
