// The store in PostgreSQL, under the contract suites of every port that it fills.

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
import { postgresStore } from '../../support/stores.ts';

accountsContract('PostgreSQL', postgresStore);
callIdempotencyContract('PostgreSQL', postgresStore);
filtersContract('PostgreSQL', postgresStore);
allotmentsContract('PostgreSQL', postgresStore);
configurationsContract('PostgreSQL', postgresStore);
exclusiveDatasetsContract('PostgreSQL', postgresStore);
approvalsContract('PostgreSQL', postgresStore);
reservationsContract('PostgreSQL', postgresStore);
heartbeatsContract('PostgreSQL', postgresStore);
heldUnitsContract('PostgreSQL', postgresStore);
intakeContract('PostgreSQL', postgresStore);
leadershipContract('PostgreSQL', postgresStore);
policyStoreContract('PostgreSQL', postgresStore);
promisesContract('PostgreSQL', postgresStore);
sideJobsContract('PostgreSQL', postgresStore);
readersContract('PostgreSQL', postgresStore);
tickRefusalsContract('PostgreSQL', postgresStore);
tickStoreContract('PostgreSQL', postgresStore);
usageContract('PostgreSQL', postgresStore);
webhooksContract('PostgreSQL', postgresStore);
