// `npm run services`: finds or unpacks the outside services that tests use, without touching the system.
// Invariant: writes under `.annona/services` (and, by `go`, into its own caches) only; a second run changes nothing. With CI set a missing
// service is exit code 1.
import { join } from 'node:path';
import { runServices } from './services/run.ts';
import { SERVICES } from './services/table.ts';

process.exitCode = await runServices(process.argv.slice(2), {
  services: SERVICES,
  place: { root: join(import.meta.dirname, '..'), env: process.env },
  print: (line) => console.log(line),
});
