// Where a refused tick is kept: a file per case, readable by `annona tick`.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TickDump } from '../../scheduler/index.ts';

export function dumpTo(directory: string): TickDump {
  return {
    async write(name, document) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const file = join(directory, `${name}.json`);
      await writeFile(file, JSON.stringify(document), { mode: 0o600 });
      return file;
    },
  };
}
