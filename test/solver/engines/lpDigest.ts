// Prints the digest of everything that GLPK says of one LP, bit by bit. Started by glpk.test.ts, five times over.
import { createHash } from 'node:crypto';
import { columnsOf } from '../../../solver/columns.ts';
import { loadEngine } from '../../../solver/engines/load.ts';
import { Load } from '../../../solver/load.ts';
import { viewStage } from '../../../solver/presolve.ts';
import { relax } from '../../../solver/relaxation.ts';
import { syntheticTick } from '../../support/syntheticTick.ts';

const engine = (await loadEngine('glpk'))!;
const model = syntheticTick({ requests: 500, seed: 7 });
const columns = columnsOf(model);
const view = viewStage({ model, columns, stage: 0, load: new Load(model, columns), frozen: [] })!;
const answer = engine.solveLp(relax(model, columns, view).program, { simplexIterationsMax: 20_000 });
if (answer.stopped !== 'optimal') throw new Error(`the LP was ${answer.stopped}`);
const hash = createHash('sha256');
for (const vector of [answer.primal!, answer.multipliers!]) hash.update(new Uint8Array(vector.buffer));
process.stdout.write(`${hash.digest('hex')}\n`);
