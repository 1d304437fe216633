// Hints between the members of one process.
import { hintGroup } from '../../../adapters/memory/hints.ts';
import { hintsContract } from '../../contract/hints.ts';

hintsContract('memory', async () => {
  const join = hintGroup();
  return { join: async () => join(), close: async () => {} };
});
