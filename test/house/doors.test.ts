// The door rule finds Node behind any number of modules, and does not follow types.
import { describe, expect, it } from 'vitest';
import { doorBreaches } from './doors.ts';
import { treeOf } from './tree.ts';

const behind = (texts: Record<string, string>) => doorBreaches(treeOf(texts), 'solver/index.ts');

describe('a door', () => {
  it('is told of a built-in two modules behind it, and the way there', () => {
    const got = behind({
      'solver/index.ts': "export * from './a.ts';",
      'solver/a.ts': "import { b } from './b.ts';",
      'solver/b.ts': "\nimport { fork } from 'node:child_process';",
    });
    expect(got).toEqual([
      'solver/b.ts:2 needs node:child_process (solver/index.ts > solver/a.ts > solver/b.ts): put it in node.ts',
    ]);
  });

  it.each([
    ['a built-in without its prefix', "import fs from 'fs';", /needs fs/],
    ['a built-in on demand', "await import('node:fs');", /needs node:fs/],
    ['a package nobody vouched for', "import pg from 'pg';", /needs pg .* say why/],
    ['a Node global', 'const bytes = Buffer.from(text);', /uses Buffer\./],
    ['the process', 'process.exit(1);', /uses process\./],
  ])('does not reach %s', (_what, text, want) => {
    expect(behind({ 'solver/index.ts': text }).join()).toMatch(want);
  });

  it.each([
    ['types of Node', "import type { Buffer } from 'node:buffer';"],
    ['a package that runs in a browser', "const highs = await import('highs');"],
    ['a part of such a package', "import { Value } from 'typebox/value';"],
    ['a field called process', 'return step.process.id;'],
    ['Node in a comment', '// Buffer.from is not used'],
  ])('may reach %s', (_what, text) => {
    expect(behind({ 'solver/index.ts': text })).toEqual([]);
  });

  it('is not charged with its neighbour node.ts', () => {
    expect(behind({ 'solver/index.ts': '', 'solver/node.ts': "import 'node:fs';" })).toEqual([]);
  });
});
