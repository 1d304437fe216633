// The organisation and the rows that the benches of policies judge. Called by policyEvaluate.ts.
// Invariant: no two rows of a run are alike: each has its own duration; agents, departments and purposes come again, as in an organisation.
import type { PolicyData, PolicyRow } from '../policies/index.ts';

export const DEPARTMENTS = 50;
/** Makes the data about 100 KB of JSON. */
export const AGENTS = 2_000;

// Written once, as the rows of a server have them from their requests: a text that was just put together costs whoever first looks at it.
const DEPARTMENT_IDS = Array.from({ length: DEPARTMENTS }, (_, index) => `department-${index}`);
const AGENT_IDS = Array.from({ length: AGENTS }, (_, index) => `agent-${index}`);

export function dataOf(revision: string): PolicyData {
  const department = {
    ...({ classes: ['standard'], kinds: '*', limits: { '*': 64 }, clearanceCeiling: 3 } as const),
    ...{ models: '*' as const, agentsMost: AGENTS, quietHours: { from: 22, to: 6, classes: ['batch'] } },
  };
  const agents = AGENT_IDS.map((id, index) => [
    id,
    { department: DEPARTMENT_IDS[index % DEPARTMENTS], ordinal: 1 + Math.floor(index / DEPARTMENTS) },
  ]);
  return {
    revision,
    departments: Object.fromEntries(DEPARTMENT_IDS.map((id) => [id, department])),
    classes: { standard: { maxDurationSeconds: 1_000_000_000, maxCostMinor: 1_000_000_000 } },
    agents: Object.fromEntries(agents),
    datasets: {},
    separatedDuties: [],
    purposeRequiredFrom: 2,
    approvalRequiredFrom: 4,
  };
}

/** Durations and costs of every round are its own: nothing that was judged before says anything about them. */
export function rowsOf(round: number, count: number): PolicyRow[] {
  return Array.from({ length: count }, (_, index) => ({
    department: DEPARTMENT_IDS[index % DEPARTMENTS] as string,
    agent: AGENT_IDS[index % AGENTS] as string,
    roles: ['service'],
    skills: ['training'],
    clearance: 2,
    class: 'standard',
    classification: index % 4,
    purpose: 'training the model for the forecast of the third quarter',
    durationSeconds: 60 + round * count + index,
    preemptible: index % 2 === 0,
    quantities: { gpu: 1 + (index % 80), cpu: 8 },
    models: ['H100'],
    datasets: [],
    costMinor: round * count + index,
    hour: 10,
    weekday: index % 7,
  }));
}
