// The store in memory, under the contract suites of every port that it fills.

import { accountsContract } from '../../contract/accounts.ts';
import { approvalsContract } from '../../contract/approvals.ts';
import { callIdempotencyContract } from '../../contract/callIdempotency.ts';
import {
  allotmentsContract,
  configurationsContract,
  heldUnitsContract,
} from '../../contract/configurations.ts';
import { exclusiveDatasetsContract } from '../../contract/exclusiveDatasets.ts';
import { filtersContract } from '../../contract/filters.ts';
import { heartbeatsContract } from '../../contract/heartbeats.ts';
import { intakeContract } from '../../contract/intake.ts';
import { leadershipContract } from '../../contract/leadership.ts';
import { policyStoreContract } from '../../contract/policyStore.ts';
import { promisesContract } from '../../contract/promises.ts';
import { readersContract } from '../../contract/readers.ts';
import { reservationsContract } from '../../contract/reservations.ts';
import { sideJobsContract } from '../../contract/sideJobs.ts';
import { tickRefusalsContract } from '../../contract/tickRefusals.ts';
import { tickStoreContract } from '../../contract/tickStore.ts';
import { usageContract } from '../../contract/usage.ts';
import { webhooksContract } from '../../contract/webhooks.ts';
import { memoryStore } from '../../support/stores.ts';

accountsContract('memory', memoryStore);
callIdempotencyContract('memory', memoryStore);
filtersContract('memory', memoryStore);
allotmentsContract('memory', memoryStore);
configurationsContract('memory', memoryStore);
exclusiveDatasetsContract('memory', memoryStore);
approvalsContract('memory', memoryStore);
reservationsContract('memory', memoryStore);
heartbeatsContract('memory', memoryStore);
heldUnitsContract('memory', memoryStore);
intakeContract('memory', memoryStore);
leadershipContract('memory', memoryStore);
policyStoreContract('memory', memoryStore);
promisesContract('memory', memoryStore);
sideJobsContract('memory', memoryStore);
readersContract('memory', memoryStore);
tickRefusalsContract('memory', memoryStore);
tickStoreContract('memory', memoryStore);
usageContract('memory', memoryStore);
webhooksContract('memory', memoryStore);
