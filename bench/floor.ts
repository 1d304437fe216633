// The machine's own floor: how many rows a second the same database commits when nothing is decided about them.
// Invariant: same machine, same run, rows as wide as a request's, 1,000 a commit, one after another. Called by drainRun.ts.

import { type Random, seeded } from './chance.ts';
import { median, rounded } from './figures.ts';
import type { Subject } from './subject.ts';

export interface Floor {
  readonly rowBytes: number;
  readonly commits: number;
  readonly rowsPerSecond: number;
}

const ROWS = 1000;
const COMMITS = 20;

export async function measureFloor(subject: Pick<Subject, 'query'>): Promise<Floor> {
  const [width] = await subject.query<{ bytes: number }>('row-width');
  const rowBytes = Math.round(width!.bytes);
  await subject.query('floor-create');
  const random = seeded(1);
  const tookMs: number[] = [];
  for (let commit = 0; commit < COMMITS; commit++) {
    const ids = Array.from({ length: ROWS }, (_, i) => commit * ROWS + i);
    const payloads = ids.map(() => textOf(rowBytes, random));
    const startedMs = performance.now();
    await subject.query('floor-insert', [ids, payloads]);
    tookMs.push(performance.now() - startedMs);
  }
  return { rowBytes, commits: COMMITS, rowsPerSecond: rounded((ROWS / median(tookMs)!) * 1000) };
}

/** Not one letter again and again: the write-ahead log compresses. */
function textOf(bytes: number, random: Random): string {
  let text = '';
  while (text.length < bytes) text += random().toString(36).slice(2);
  return text.slice(0, bytes);
}
