// The direction rule finds every breach it is for, and lets the house as drawn stand.
import { describe, expect, it } from 'vitest';
import { danglingImports, directionBreaches } from './direction.ts';
import { treeOf } from './tree.ts';

const breaches = (from: string, statement: string) => directionBreaches(treeOf({ [from]: statement }));

describe('the direction of imports', () => {
  it.each([
    ['solver/presolve.ts', "import type { Model } from './model.ts';"],
    ['scheduler/tick.ts', "import { solve } from '../solver/index.ts';"],
    ['scheduler/commands/submit.ts', "import type { Verdict } from '../../policies/index.ts';"],
    ['adapters/postgres/index.ts', "import type { Store } from '../../scheduler/ports.ts';"],
    ['api/http/leases.ts', "import { explain } from '../../scheduler/index.ts';"],
    ['api/roles/serve.ts', "const store = await import('../../adapters/postgres/index.ts');"],
    ['api/roles/serve.ts', "import { startSolver } from '../../solver/node.ts';"],
    ['api/cli/main.ts', "import manifest from '../../package.json' with { type: 'json' };"],
    ['api/cli/solve.ts', "import { startSolver } from '../../solver/node.ts';"],
    ['simulations/world.ts', "import { memoryStore } from '../adapters/memory/store.ts';"],
    ['bench/http.ts', "import { serve } from '../api/roles/serve.ts';"],
  ])('lets %s say: %s', (from, statement) => {
    expect(breaches(from, statement)).toEqual([]);
  });

  it.each([
    [
      'solver/model.ts',
      "import type { Unit } from '../scheduler/index.ts';",
      /solver\/model\.ts:1 .*nothing of ours/,
    ],
    ['policies/engine.ts', "import { solve } from '../solver/index.ts';", /nothing of ours/],
    [
      'scheduler/tick.ts',
      "import { verify } from '../solver/verify.ts';",
      /solver\/index\.ts and policies\/index\.ts only/,
    ],
    ['scheduler/tick.ts', "import { pool } from '../adapters/postgres/index.ts';", /comes through a port/],
    ['scheduler/tick.ts', "export { a } from '../api/errors.ts';", /comes through a port/],
    ['adapters/redis/index.ts', "import { fold } from '../../scheduler/index.ts';", /types only/],
    [
      'adapters/redis/index.ts',
      "import type { Row } from '../../scheduler/formulate/rows.ts';",
      /types of scheduler/,
    ],
    [
      'api/http/leases.ts',
      "await import('../../adapters/postgres/index.ts');",
      /only api\/roles\/ may import adapters/,
    ],
    ['api/http/leases.ts', "import { fold } from '../../scheduler/fold.ts';", /the doors .* only/],
    [
      'api/http/leases.ts',
      "import { spawn } from '../../solver/node.ts';",
      /only api\/roles\/ and api\/cli\/ may start processes/,
    ],
    [
      'simulations/world.ts',
      "import { pool } from '../adapters/postgres/index.ts';",
      /adapters\/memory\/ only/,
    ],
    [
      'scheduler/tick.ts',
      "import { aRequest } from '../test/support/builders.ts';",
      /no part of the product/,
    ],
    ['solver/node.ts', "fork(new URL('../api/cli/main.ts', import.meta.url));", /nothing of ours/],
    ['bench/http.ts', "import { fold } from '../scheduler/fold.ts';", /through the door/],
    ['examples/a.ts', "import { aRequest } from '../test/support/builders.ts';", /only tests/],
    ['api/cli/main.ts', 'await import(name);', /a computed import/],
    ['api/cli/main.ts', "import { solve } from 'annona/solver';", /own name/],
    ['api/cli/main.ts', "import a from '../../../elsewhere/a.ts';", /leaves the project/],
  ])('stops %s from saying: %s', (from, statement, want) => {
    expect(breaches(from, statement).join()).toMatch(want);
  });
});

describe('an import of a module that is not there', () => {
  it('is found', () => {
    const tree = treeOf({ 'solver/a.ts': "import './b.ts';\nimport './c.ts';", 'solver/b.ts': '' });
    expect(danglingImports(tree)).toEqual(['solver/a.ts:2 imports solver/c.ts, which does not exist']);
  });
});
