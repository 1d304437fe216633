// `annona policy diff`, `annona record` and `annona policy impact`: what changes between two policies, on every row around the limits
// and on the requests that were made.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json, type StubServer, stubServer } from '../../../support/stubServer.ts';
import { ran } from '../recording.ts';

let home = '';
let server: StubServer;
const at = (name: string): string => join(home, name);
const row = (fields: object = {}): object => {
  const { row: usual } = JSON.parse(readFileSync(join(at('old'), 'vectors.json'), 'utf8'));
  return { ...usual, ...fields };
};
const record = (): object => {
  const { data } = JSON.parse(readFileSync(join(at('old'), 'vectors.json'), 'utf8'));
  const seconds = [3_600, 3_601, 7_201];
  const requests = seconds.map((durationSeconds, n) => ({ id: `req_${n}`, row: row({ durationSeconds }) }));
  return { v: 1, policyRevision: 'policy', data, requests };
};
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'annona-compare-'));
  await ran('policy', 'init', at('old'));
  for (const [name, seconds] of [
    ['wider', 7_200],
    ['narrower', 1_800],
  ] as const) {
    cpSync(at('old'), at(name), { recursive: true });
    const file = join(at(name), 'first.rego');
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('longest_seconds := 3600');
    writeFileSync(file, text.replace('longest_seconds := 3600', `longest_seconds := ${seconds}`));
  }
  writeFileSync(at('record.json'), JSON.stringify(record()));
  server = await stubServer();
});
afterAll(() => {
  server.close();
  rmSync(home, { recursive: true, force: true });
});

describe('policy diff', () => {
  it('shows who is newly allowed by the simplest row, with the limit that stood against it, and answers 7', async () => {
    const { exitCode, out } = await ran('policy', 'diff', at('old'), at('wider'));
    expect(exitCode).toBe(7);
    expect(out).toMatch(/^newly allowed {2}-URGENT_WITHOUT_PURPOSE {2}\d+ rows \(research \d+, /);
    expect(out).toMatch(/\n {4}department "research", class "urgent", .*durationSeconds \d+/);
    expect(out).toMatch(/\n {4}old URGENT_WITHOUT_PURPOSE: wanted \d+, limit 3600/);
    expect(out).toContain('bounded: rows that differ in more fields');
    expect(out).toMatch(/\d+ newly allowed, 0 newly denied in \d+ rows/);
  });

  it('answers 0 where nobody is newly allowed, by bundles too, and shows all as JSON', async () => {
    await ran('policy', 'build', at('old'), '-o', at('old'));
    const vectors = join(at('old'), 'vectors.json');
    const same = await ran('policy', 'diff', at('old'), at('old.wasm'), '--vectors', vectors);
    expect([same.exitCode, same.out]).toEqual([0, expect.stringMatching(/^no difference in \d+ rows/)]);
    const { exitCode, out } = await ran('policy', 'diff', at('old'), at('narrower'), '--json');
    const told = JSON.parse(out);
    expect([exitCode, told.bounded, told.counts.newlyAllowed]).toEqual([0, true, 0]);
    expect(told.counts.newlyDenied).toBeGreaterThan(0);
    expect(told.groups[0]).toMatchObject({ kind: 'newlyDenied', come: ['URGENT_WITHOUT_PURPOSE'] });
    expect(told.literals.numbers).toEqual(expect.arrayContaining([1_800, 3_600]));
    expect(told.compared).toBe(told.planned);
  });

  it('compares under an organisation of its own choice, and says when it stopped early', async () => {
    const whole = await ran(
      'policy',
      'diff',
      at('old'),
      at('wider'),
      '--directory',
      'examples/acme',
      '--json',
    );
    expect(JSON.parse(whole.out).groups[0].departments.map(([name]: [string]) => name)).toContain(
      'marketing',
    );
    const { out } = await ran('policy', 'diff', at('old'), at('wider'), '--rows', '50');
    expect(out).toMatch(/in the first 50 of \d+ rows \(--rows\)/);
  });

  it('refuses odd bounds and sources that do not check', async () => {
    for (const [name, value] of [
      ['--fields', '0'],
      ['--fields', '5'],
      ['--rows', 'many'],
    ] as const)
      expect((await ran('policy', 'diff', at('old'), at('wider'), name, value)).exitCode).toBe(2);
    const both = ['--directory', 'examples/acme', '--data', at('record.json')];
    expect((await ran('policy', 'diff', at('old'), at('wider'), ...both)).exitCode).toBe(2);
  });
});

describe('record and impact', () => {
  it('of a file: changed outcomes by department and rule', async () => {
    const { exitCode, out } = await ran(
      'policy',
      'impact',
      at('old'),
      at('wider'),
      '--record',
      at('record.json'),
    );
    expect(exitCode).toBe(0);
    expect(out.split('\n')[1]).toMatch(/^research +newly allowed +-URGENT_WITHOUT_PURPOSE +1 +req_1$/);
    expect(out).toContain('1 of 3 requests changed: 1 newly allowed, 0 newly denied');
    const same = await ran('policy', 'impact', at('old'), at('old'), '--record', at('record.json'));
    expect(same.out).toBe('0 of 3 requests changed: both policies decide alike');
  });

  it('of a server: what it answers is recorded, and compared at once', async () => {
    server.on('GET /v1/policy-rows', json(200, record()));
    const caller = ['--url', server.url, '--token', 'token'];
    const file = at('taken.json');
    const taken = await ran('record', '--last', '3', '-o', file, ...caller);
    expect([taken.exitCode, taken.err]).toEqual([0, expect.stringContaining('3 requests')]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(record());
    expect(server.heard.at(-1)?.call).toBe('GET /v1/policy-rows?last=3');
    const told = await ran('policy', 'impact', at('old'), at('narrower'), '--json', '--last', '9', ...caller);
    expect(server.heard.at(-1)?.call).toBe('GET /v1/policy-rows?last=9');
    expect(JSON.parse(told.out)).toMatchObject({ requests: 3, changed: 1, lines: [{ kind: 'newlyDenied' }] });
  });

  it('refuses a record that is none, two places at once, and counts that are none', async () => {
    writeFileSync(at('odd.json'), '{"v": 1}');
    const odd = await ran('policy', 'impact', at('old'), at('wider'), '--record', at('odd.json'));
    expect([odd.exitCode, odd.err]).toEqual([2, expect.stringContaining('policyRevision is missing')]);
    const both = ['--record', at('record.json'), '--url', server.url];
    expect((await ran('policy', 'impact', at('old'), at('wider'), ...both)).exitCode).toBe(2);
    expect((await ran('record', '--last', '10001', '--url', server.url, '--token', 't')).exitCode).toBe(2);
  });
});

describe('policy eval', () => {
  it('judges by an organisation in a folder', async () => {
    writeFileSync(
      at('request.json'),
      JSON.stringify(row({ department: 'marketing', agent: 'writer-01', class: 'critical' })),
    );
    const asked = ['policies/rego/default', at('request.json'), '--directory', 'examples/acme'];
    const { exitCode, out } = await ran('policy', 'explain', ...asked);
    expect(exitCode).toBe(3);
    expect(out).toMatch(
      /^CLASS_NOT_ENTITLED +enforce +hit +class +"critical" +\["batch","production","standard"\]/m,
    );
    expect(out).toMatch(/^AGENT_UNKNOWN +enforce +clean/m);
  });
});
