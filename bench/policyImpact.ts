// `npm run bench:impact`: how long an author waits to see the effect of an edit on 1,000 recorded requests, as one JSON object;
// `--json` is accepted and changes nothing.
// Invariant: each round is the whole command in a process of its own, from sources on both sides: two compilations and 2,000 judgements.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { wholeNumber } from './options.ts';

const ROOT = join(import.meta.dirname, '..');
const ROUNDS = 5;
const { values } = parseArgs({
  options: { json: { type: 'boolean' }, requests: { type: 'string', default: '1000' } },
});
const requests = wholeNumber('requests', values.requests);
const home = mkdtempSync(join(tmpdir(), 'annona-impact-'));
const edited = join(home, 'edited');
const record = join(home, 'requests.json');

function writeRecord(): void {
  const vectors = JSON.parse(readFileSync(join(ROOT, 'test/policies/vectors.json'), 'utf8'));
  const rows = Array.from({ length: requests }, (_, n) => {
    const changes = vectors.cases[n % vectors.cases.length].row;
    return { id: `req_${n}`, row: { ...vectors.row, ...changes, purpose: `${vectors.row.purpose} ${n}` } };
  });
  writeFileSync(record, JSON.stringify({ v: 1, policyRevision: '', data: vectors.data, requests: rows }));
}

function writeEdit(): void {
  cpSync(join(ROOT, 'policies/rego/default'), edited, { recursive: true });
  const file = join(edited, 'entitlement.rego');
  const text = readFileSync(file, 'utf8');
  const stricter = text.replace('proof.at_most(row.durationSeconds,', 'proof.below(row.durationSeconds,');
  if (stricter === text) throw new Error(`${file} has no limit of the duration to edit`);
  writeFileSync(file, stricter);
}

try {
  writeRecord();
  writeEdit();
  const args = ['policy', 'impact', 'policies/rego/default', edited, '--record', record, '--json'];
  const times: number[] = [];
  let changed = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const from = performance.now();
    const ran = spawnSync(process.execPath, ['api/cli/annona.js', ...args], { cwd: ROOT, encoding: 'utf8' });
    times.push(Math.round(performance.now() - from));
    if (ran.status !== 0) throw new Error(ran.stderr);
    changed = JSON.parse(ran.stdout).changed;
  }
  times.sort((a, b) => a - b);
  const machine = { node: process.version, cores: cpus().length, load: loadavg()[0] };
  const figures = { requests, changed, medianMs: times[2], maxMs: times.at(-1), barMs: 5_000 };
  process.stdout.write(`${JSON.stringify({ ...machine, ...figures })}\n`);
} finally {
  rmSync(home, { recursive: true, force: true });
}
