// The decision log as a file, one JSON object a line. Invariant: bounded, in memory and on disk: a full disk or a slow one costs lines,
// which are counted, and never a tick. Made by policies.ts.

import { appendFile, rename, stat } from 'node:fs/promises';
import type { DecisionRecord } from '../../policies/index.ts';

const WAITING_MAX = 1_000;
/** Then the file is renamed to `FILE.1`, and what was there before goes. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;

export interface DecisionFile {
  write(record: DecisionRecord): void;
  /** Records that were not written. */
  lost(): number;
  close(): Promise<void>;
}

export function openDecisionFile(
  path: string,
  log: (line: string) => void,
  bytesMax: number = FILE_BYTES_MAX,
): DecisionFile {
  const waiting: DecisionRecord[] = [];
  let lost = 0;
  let writing: Promise<void> | null = null;
  const lose = (count: number, why: string): void => {
    if (lost === 0) log(`policy: the decision log ${path} loses records: ${why}`);
    lost += count;
  };
  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const records = waiting.splice(0);
      const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
      try {
        const size = await stat(path).then(
          (found) => found.size,
          () => 0,
        );
        if (size > 0 && size + lines.length > bytesMax) await rename(path, `${path}.1`);
        await appendFile(path, lines, { mode: 0o600 });
      } catch (error) {
        lose(records.length, error instanceof Error ? error.message : String(error));
      }
    }
  };
  return {
    write(record) {
      if (waiting.length >= WAITING_MAX) {
        lose(1, 'the disk is slower than the decisions');
        return;
      }
      waiting.push(record);
      writing ??= drain().finally(() => {
        writing = null;
      });
    },
    lost: () => lost,
    async close() {
      await writing;
    },
  };
}
