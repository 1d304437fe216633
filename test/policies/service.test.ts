// Both policy services keep the one contract.
import { inProcessPolicy } from '../../policies/index.ts';
import { workerPolicy } from '../../policies/node.ts';
import { policyContract } from '../contract/policy.ts';

policyContract('in process', inProcessPolicy);
policyContract('in a worker thread', workerPolicy);
