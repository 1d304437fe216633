// Both engines that a server may run on pass the same suite.
import { TICK_ENGINES } from '../../../api/config.ts';
import { endToEndContract } from '../../contract/endToEnd.ts';

for (const engine of TICK_ENGINES) endToEndContract(engine);
