// The store in memory, under the contract suites of every port that it fills.

import { callIdempotencyContract } from '../../contract/callIdempotency.ts';
import { exclusiveDatasetsContract } from '../../contract/exclusiveDatasets.ts';
import { heartbeatsContract } from '../../contract/heartbeats.ts';
import { intakeContract } from '../../contract/intake.ts';
import { leadershipContract } from '../../contract/leadership.ts';
import { promisesContract } from '../../contract/promises.ts';
import { readersContract } from '../../contract/readers.ts';
import { tickRefusalsContract } from '../../contract/tickRefusals.ts';
import { tickStoreContract } from '../../contract/tickStore.ts';
import { memoryStore } from '../../support/stores.ts';

callIdempotencyContract('memory', memoryStore);
exclusiveDatasetsContract('memory', memoryStore);
heartbeatsContract('memory', memoryStore);
intakeContract('memory', memoryStore);
leadershipContract('memory', memoryStore);
promisesContract('memory', memoryStore);
readersContract('memory', memoryStore);
tickRefusalsContract('memory', memoryStore);
tickStoreContract('memory', memoryStore);
