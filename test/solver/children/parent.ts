// A parent with a solver process: prints its children's ids and a digest, then waits to be killed.
// Started by test/solver/node.test.ts.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSolverProcess } from '../../../solver/node.ts';
import { syntheticTick } from '../../support/syntheticTick.ts';

const solver = await createSolverProcess({ watchdogMs: 60_000 });
const model = syntheticTick({ requests: 300, seed: 11, stages: 2 });
const solution = await solver.solve(model, {
  engine: 'highs',
  budget: { unitsMax: 10_000_000 },
});
const canonical = JSON.stringify({ ...solution, granted: [...solution.granted] });
const digest = createHash('sha256').update(canonical).digest('hex');
// Only Linux lists them.
const listing = `/proc/${process.pid}/task/${process.pid}/children`;
const children =
  process.platform === 'linux' ? readFileSync(listing, 'utf8').trim().split(' ').map(Number) : [];
process.stdout.write(`${JSON.stringify({ digest, fault: solution.fault, children })}\n`);
