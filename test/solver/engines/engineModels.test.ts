// Every engine on the models of a tick; the oracle is its own reference on small ones, and cannot take the large.
import { createExhaustiveEngine } from '../../../solver/engines/exhaustive.ts';
import { loadEngine } from '../../../solver/engines/load.ts';
import { engineModelContract, largeModelContract } from '../../contract/engineModels.ts';

const load = (name: 'highs' | 'glpk') => async () => (await loadEngine(name))!;

engineModelContract('highs', load('highs'));
engineModelContract('glpk', load('glpk'));
engineModelContract('exhaustive', async () => createExhaustiveEngine());
largeModelContract('glpk', load('glpk'));
