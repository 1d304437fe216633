// The schema of a compiled configuration in a tick file.
// Invariant: says every field of domain/configuration.ts, and refuses others. Called by tickFileSchema.ts.

import { ROLES } from './domain/configuration.ts';
import { NODE_GPUS_MOST, NODES_MOST } from './domain/nodes.ts';
import { DEADLINE_ALLOWANCE_MOST } from './formulate/objective.ts';
import {
  atLeastOne,
  classification,
  id,
  instant,
  label,
  list,
  object,
  percent,
  recordOf,
  text,
  units,
} from './tickFileTerms.ts';

const window = object({ id, startsAt: instant, endsAt: instant, capacity: units });
const period = object({ id, startsAt: instant, endsAt: instant, budget: units }, { overcommit: units });

const preemption = object(
  {},
  {
    graceSeconds: units,
    minimumRunSeconds: units,
    creditPercent: { ...units, maximum: 100 },
    hysteresisPercent: { ...units, maximum: 1000 },
    revocationsMost: units,
  },
);
const poolNodes = object({
  set: id,
  groups: list(
    object(
      { id, gpus: { ...units, maximum: NODE_GPUS_MOST }, cpuMilli: units, memoryMiB: units },
      { count: { ...atLeastOne, maximum: NODES_MOST }, model: text },
    ),
    { minItems: 1 },
  ),
});

const hour = { ...units, maximum: 23 };
const policyLimits = object(
  {},
  {
    approvalRequiredFrom: classification,
    departments: recordOf(
      object(
        {},
        {
          models: list(text),
          agentsMost: units,
          quietHours: object({ from: hour, to: hour, classes: list(id) }),
        },
      ),
    ),
    classes: recordOf(object({ maxCostMinor: units })),
    datasets: recordOf(list(text)),
    separatedDuties: list(list(text, { minItems: 2, maxItems: 2 })),
  },
);

export const configuration = object(
  {
    revision: id,
    cell: id,
    organisation: text,
    departments: list(
      object(
        {
          id,
          title: text,
          clearanceCeiling: classification,
          classes: list(id),
          requestLimits: recordOf(units),
        },
        { kinds: list(id), weight: atLeastOne },
      ),
    ),
    agents: list(
      object(
        {
          id,
          department: id,
          roles: list({ enum: [...ROLES] }),
          skills: list(text),
          clearance: classification,
          accounts: list(id),
        },
        { classes: list(id) },
      ),
    ),
    pools: list(
      object(
        {
          id,
          kind: id,
          unit: text,
          capacity: units,
          labels: recordOf(label),
          consumable: { type: 'boolean' },
          priceMinor: units,
        },
        { calendar: list(window), classification, agent: id, nodes: poolNodes, pricePer: atLeastOne },
      ),
    ),
    quotas: list(
      object(
        { department: id, kind: id, nominal: units, borrowingLimit: units, lendingLimit: units },
        { cohort: id },
      ),
    ),
    cohorts: list(
      object(
        { id, title: text },
        { parent: id, limits: list(object({ kind: id, lendingLimit: units, borrowingLimit: units })) },
      ),
    ),
    accounts: list(
      object(
        {
          id,
          title: text,
          measure: {
            anyOf: [
              object({ type: { const: 'money' }, currency: text }),
              object({ type: { const: 'use' }, kind: id }),
            ],
          },
          periods: list(period),
        },
        { parent: id, classes: list(id) },
      ),
    ),
    classes: list(
      object(
        {
          name: id,
          rank: { type: 'integer', minimum: 0, maximum: 3 },
          targetWaitSeconds: units,
          maxDurationSeconds: units,
        },
        { deadlineAllowance: { ...units, maximum: DEADLINE_ALLOWANCE_MOST }, preemption },
      ),
      { minItems: 1, maxItems: 4 },
    ),
    leaseTerms: object({ startLimitSeconds: units, heartbeatTimeoutSeconds: units, graceSeconds: units }),
  },
  {
    fairness: object({ halfLifeSeconds: atLeastOne }),
    policyLimits,
    cells: object({
      neighbours: list(object({ cell: id, departments: list(id), kinds: list(id) })),
      pools: list(object({ pool: id, whole: units })),
      accounts: list(object({ account: id, period: id, whole: units })),
    }),
    reservations: object(
      {},
      { overtakes: atLeastOne, sharePercent: percent, idlePercent: percent, holdPercent: percent },
    ),
  },
);
