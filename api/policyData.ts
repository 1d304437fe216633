// The organisation as policies see it, `data.organisation`: made of the configuration alone, for the tick, for records and for authors.
// Invariant: equal configurations give equal data; what the organisation does not limit is unlimited here, never absent.
// Called by roles/policyGate.ts, http/policyRows.ts and cli/policy.

import type { DepartmentData, PolicyData } from '../policies/index.ts';
import { CLASSIFICATIONS, type Configuration, type DepartmentLimits } from '../scheduler/index.ts';

/** From confidential on, a request says what it is for. */
const PURPOSE_REQUIRED_FROM = CLASSIFICATIONS.indexOf('confidential');
/** No classification is that high: an organisation without reviewers would wait for approvals for good. */
const NO_APPROVAL = CLASSIFICATIONS.length;

/** The policies would deny what they have no limit for. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

export function policyDataOf(configuration: Configuration): PolicyData {
  const { policyLimits } = configuration;
  return {
    revision: configuration.revision,
    departments: Object.fromEntries(
      configuration.departments.map((department) => [
        department.id,
        {
          classes: department.classes,
          kinds: department.kinds ?? '*',
          limits: { '*': UNLIMITED, ...department.requestLimits },
          clearanceCeiling: CLASSIFICATIONS.indexOf(department.clearanceCeiling),
          ...departmentLimits(policyLimits?.departments?.[department.id]),
        },
      ]),
    ),
    classes: Object.fromEntries(
      configuration.classes.map(({ name, maxDurationSeconds }) => {
        const maxCostMinor = policyLimits?.classes?.[name]?.maxCostMinor ?? UNLIMITED;
        return [name, { maxDurationSeconds, maxCostMinor }];
      }),
    ),
    agents: agentsOf(configuration),
    datasets: policyLimits?.datasets ?? {},
    separatedDuties: policyLimits?.separatedDuties ?? [],
    purposeRequiredFrom: PURPOSE_REQUIRED_FROM,
    approvalRequiredFrom:
      policyLimits?.approvalRequiredFrom === undefined
        ? NO_APPROVAL
        : CLASSIFICATIONS.indexOf(policyLimits.approvalRequiredFrom),
  };
}

function departmentLimits(
  limits: DepartmentLimits = {},
): Pick<DepartmentData, 'models' | 'agentsMost' | 'quietHours'> {
  const { models = '*', agentsMost = UNLIMITED, quietHours = { from: 0, to: 0, classes: [] } } = limits;
  return { models, agentsMost, quietHours };
}

/** The configuration's agents are sorted by id. */
function agentsOf({ agents }: Configuration): PolicyData['agents'] {
  const counted = new Map<string, number>();
  return Object.fromEntries(
    agents.map(({ id, department }) => {
      const ordinal = (counted.get(department) ?? 0) + 1;
      counted.set(department, ordinal);
      return [id, { department, ordinal }];
    }),
  );
}
