// The decision log's file: whole lines, two files of a bounded size at most, and a disk that fails costs lines and no tick.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDecisionFile } from '../../../api/roles/decisionFile.ts';
import type { DecisionRecord } from '../../../policies/index.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'annona-decisions-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const record = (sequence: number): DecisionRecord => ({
  sequence,
  at: 7,
  tick: `main/${sequence}`,
  policyRevision: 'p',
  dataRevision: 'd',
  rows: 1,
  allowed: 1,
  denied: 0,
  tookMs: 1,
  leftOut: 0,
  decisions: [],
});
const sequences = (path: string): number[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).sequence);

it('begins a new file when one is full, keeps the one before and no more', async () => {
  const path = join(home, 'decisions.jsonl');
  const lineBytes = `${JSON.stringify(record(10))}\n`.length;
  const told: string[] = [];
  const file = openDecisionFile(path, (line) => told.push(line), 3 * lineBytes);
  for (let sequence = 10; sequence < 18; sequence += 1) {
    file.write(record(sequence));
    await file.close();
  }
  expect(sequences(path)).toEqual([16, 17]);
  expect(sequences(`${path}.1`)).toEqual([13, 14, 15]);
  expect(readdirSync(home)).toHaveLength(2);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect([file.lost(), told]).toEqual([0, []]);
});

it('goes on in the file that an earlier process left', async () => {
  const path = join(home, 'decisions.jsonl');
  for (const sequence of [1, 2]) {
    const file = openDecisionFile(path, () => {});
    file.write(record(sequence));
    await file.close();
  }
  expect(sequences(path)).toEqual([1, 2]);
});

it('counts what a disk does not take, and says so once', async () => {
  const told: string[] = [];
  const file = openDecisionFile(join(home, 'nowhere', 'decisions.jsonl'), (line) => told.push(line));
  for (const sequence of [1, 2]) {
    file.write(record(sequence));
    await file.close();
  }
  expect(file.lost()).toBe(2);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/loses records: ENOENT/);
});
