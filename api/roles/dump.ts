// Where a refused tick is kept: a file per case, readable by `annona tick`.
// Invariant: bounded, and never in the way: a full disk or a case that repeats itself must not stop the ticks that go well.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TickDump } from '../../scheduler/index.ts';

/** The first cases of a process show the defect; the thousandth shows nothing new, at up to 50 MB. */
const DUMPS_MAX = 20;

export function dumpTo(directory: string, log: (line: string) => void): TickDump {
  let written = 0;
  return {
    async write(name, document) {
      const file = join(directory, `${name}.json`);
      if (written >= DUMPS_MAX) {
        log(`a tick's plan was refused again; ${DUMPS_MAX} cases are kept in ${directory}, this one is not`);
        return file;
      }
      try {
        await mkdir(directory, { recursive: true, mode: 0o700 });
        await writeFile(file, JSON.stringify(document), { mode: 0o600 });
        written += 1;
        log(`a tick's plan was refused by its check: please report ${file}`);
      } catch (error) {
        log(
          `a tick's plan was refused, and ${file} could not be written: ${error instanceof Error ? error.message : error}`,
        );
      }
      return file;
    },
  };
}
