// Every ban finds what it forbids, where it holds, and nothing beside it.
import { describe, expect, it } from 'vitest';
import { BANS, banBreaches } from './bans.ts';
import { treeOf } from './tree.ts';

const names = (path: string, text: string) =>
  banBreaches(treeOf({ [path]: text }), []).map((line) => /\(([^()]+(?:\(\))?)\): /.exec(line)?.[1]);

const FOUND: [ban: string, path: string, text: string][] = [
  ['Date.now', 'scheduler/tick.ts', 'const now = Date.now();'],
  ['Date.now', 'adapters/postgres/index.ts', 'schedule(Date.now);'],
  ['new Date()', 'api/http/leases.ts', 'const now = new Date();'],
  ['new Date()', 'api/http/leases.ts', 'const now = new Date;'],
  ['new Date()', 'api/http/leases.ts', 'const now = Date();'],
  ['performance.now', 'solver/anytime.ts', 'while (performance.now() < end) {}'],
  ['performance.now', 'solver/anytime.ts', 'process.hrtime.bigint()'],
  ['Math.random', 'simulations/world.ts', 'Math.random()'],
  ['random bytes', 'api/http/requests.ts', 'const id = randomUUID();'],
  ['process.env', 'adapters/redis/index.ts', 'process.env.REDIS_URL'],
  ['timers', 'scheduler/runner.ts', 'setTimeout(next, 100);'],
  ['inexact Math', 'solver/core.ts', 'Math.exp(x)'],
  ['inexact Math', 'policies/batch.ts', 'Math.log2(x)'],
  ['power of a variable', 'solver/core.ts', 'x = 2 ** n;'],
  ['power of a variable', 'solver/core.ts', 'x = n ** 2;'],
  ['locale', 'scheduler/fold.ts', 'names.sort((a, b) => a.localeCompare(b));'],
  ['locale', 'scheduler/fold.ts', 'new Intl.NumberFormat()'],
  ['any', 'api/http/leases.ts', 'function f(a: any) {}'],
  ['any', 'test/a.test.ts', 'const a = b as any;'],
  ['any', 'test/a.test.ts', 'const a = new Map<string, any>();'],
  ['silenced compiler', 'solver/model.ts', '// @ts-expect-error'],
  ['SQL in a string', 'adapters/postgres/index.ts', 'query(`SELECT 1`)'],
  ['SQL in a string', 'adapters/postgres/index.ts', "query('UPDATE lease SET state = $1')"],
  ['unfinished', 'solver/model.ts', '// TODO later'],
  ['unfinished', 'docs/a.md', 'FIXME'],
  ['skipped or lone test', 'test/a.test.ts', "it.only('x', f);"],
  ['skipped or lone test', 'test/a.test.ts', "describe.skip('x', f);"],
  ['a place on one machine', 'docs/a.md', 'see /work/x'],
  ['a place on one machine', 'deploy/a.yaml', 'https://registry.npmjs.org/x'],
  ['vague name', 'scheduler/tick.ts', 'class TickManager {}'],
];

const ALLOWED: [what: string, path: string, text: string][] = [
  [
    'the clock, at the edge',
    'adapters/system/clock.ts',
    'Date.now(); new Date(); performance.now(); Math.random();',
  ],
  ['settings, in one place', 'api/config.ts', 'process.env.DATABASE_URL'],
  ['the clock, in a test', 'test/a.test.ts', 'Date.now()'],
  ['a given time', 'scheduler/tick.ts', 'new Date(nowMs).toISOString()'],
  ['a comment about it', 'scheduler/tick.ts', '// no Date.now() here'],
  ['a string about it', 'scheduler/tick.ts', "fail('Math.random');"],
  ['a constant power', 'solver/core.ts', 'const most = 2 ** 53 - 1;'],
  ['a root, which is exact', 'solver/core.ts', 'Math.sqrt(x)'],
  ['a timer of a child process', 'solver/node.ts', 'setTimeout(kill, graceMs);'],
  ['the word any', 'scheduler/tick.ts', 'const any = leases.any(isOpen); expect.any(String);'],
  ['a password', 'adapters/postgres/cluster.ts', 'randomBytes(32)'],
  ['a test without its data', 'test/a.test.ts', 'it.skipIf(!data)("x", f);'],
  ['a path of the interface', 'api/http/a.ts', "get('/v1/work/items')"],
];

describe('a ban', () => {
  it.each(FOUND)('on %s finds it in %s: %s', (want, path, text) => {
    expect(names(path, text)).toEqual([want]);
  });

  it.each(ALLOWED)('lets %s stand in %s: %s', (_what, path, text) => {
    expect(names(path, text)).toEqual([]);
  });

  it('is proved to find something, each of them', () => {
    const wantProved = BANS.map((ban) => ban.name).sort();
    expect([...new Set(FOUND.map(([ban]) => ban))].sort()).toEqual(wantProved);
  });

  it('says the line and the reason', () => {
    const [line] = banBreaches(treeOf({ 'scheduler/tick.ts': '\n\nDate.now()' }), []);
    expect(line).toMatch(/^scheduler\/tick\.ts:3 says "Date\.now" \(Date\.now\): time is passed in/);
  });
});

describe('an exemption', () => {
  const tree = treeOf({ 'api/http/a.ts': 'performance.now()', 'api/http/b.ts': '' });

  it('lets its file stand and no other', () => {
    const exemptions = [{ file: 'api/http/a.ts', ban: 'performance.now', reason: 'a metric' }];
    expect(banBreaches(tree, exemptions)).toEqual([]);
  });

  it('is a breach itself when its cause has gone', () => {
    const exemptions = [
      { file: 'api/http/a.ts', ban: 'performance.now', reason: 'a metric' },
      { file: 'api/http/b.ts', ban: 'performance.now', reason: 'a metric' },
    ];
    expect(banBreaches(tree, exemptions)).toEqual([
      'test/house/exemptions.ts: api/http/b.ts needs no exemption from "performance.now" any more',
    ]);
  });
});
