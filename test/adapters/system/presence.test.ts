// Presence of one process, under the contract of its port.

import { LocalPresence } from '../../../adapters/system/presence.ts';
import { presenceContract } from '../../contract/presence.ts';

presenceContract('a process', async () => ({ presence: new LocalPresence(), settle: async () => {} }));
