// Prints the digest of everything that GLPK says of one LP, bit by bit. Started by glpk.test.ts, five times over.
import { createHash } from 'node:crypto';
import { loadEngine } from '../../../solver/engines/load.ts';
import { relax } from '../../../solver/relaxation.ts';
import { aComponent } from '../../support/aComponent.ts';
import { syntheticTick } from '../../support/syntheticTick.ts';

const engine = (await loadEngine('glpk'))!;
const model = syntheticTick({ requests: 500, seed: 7 });
const { program } = aComponent(model);
const answer = engine.solveLp(relax(program).lp, { simplexIterationsMax: 20_000 });
if (answer.stopped !== 'optimal') throw new Error(`the LP was ${answer.stopped}`);
const hash = createHash('sha256');
for (const vector of [answer.primal!, answer.multipliers!]) hash.update(new Uint8Array(vector.buffer));
process.stdout.write(`${hash.digest('hex')}\n`);
