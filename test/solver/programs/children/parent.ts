// A parent that solves without end: says which processes it has once there is news, then waits to be killed.
// Started by test/solver/programs/node.test.ts.
import { readFileSync } from 'node:fs';
import { runProgram } from '../../../../solver/node.ts';
import { hardProgram } from '../../../support/hardProgram.ts';

let told = false;
runProgram(
  hardProgram(),
  { engine: 'highs', work: null, seconds: null, explain: false },
  {
    tell() {
      if (told) return;
      told = true;
      const listing = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
      process.stdout.write(`${JSON.stringify(listing.trim().split(' ').map(Number))}\n`);
    },
  },
);
