// A real organisation as what a run needs of it: pools that baselines know too, quotas, and requests of its own agents. Invariant: nothing in it
// knows how long a job really runs; a job keeps its department and agent where the organisation has them. Called by ../compare.ts.

import type {
  Claim,
  Configuration,
  Instant,
  Pool,
  PriorityClass,
  ResourceRequest,
  Selector,
} from '../../scheduler/index.ts';
import type { QuotaLimit } from '../baselines/greedy.ts';
import type { Capacity, Job, JobClaim, SimulatedPool } from '../job.ts';
import type { TraceOrganisation } from './organisation.ts';

/** Departments with their agents, in the order of the organisation. */
export interface People {
  readonly departments: readonly { readonly id: string; readonly agents: readonly string[] }[];
}

export function peopleOf({ departments, agents }: Configuration): People {
  const known = departments.map(({ id }) => ({
    id: id as string,
    agents: agents.filter(({ department }) => department === id).map((agent) => agent.id as string),
  }));
  return { departments: known.filter(({ agents: list }) => list.length > 0) };
}

/** Pools whose units come back and that have no windows, of the kinds that jobs ask for; the others only the production tick knows. */
export function capacityOf({ pools }: Configuration, kinds: ReadonlySet<string>): Capacity {
  const counted = pools.filter(
    ({ kind, calendar, consumable, nodes }) =>
      kinds.has(kind) && calendar === undefined && !consumable && nodes === undefined,
  );
  return { pools: counted.map(simulatedPool) };
}

function simulatedPool({ id, kind, capacity, labels, priceMinor, pricePer }: Pool): SimulatedPool {
  const { model } = labels;
  return {
    id,
    kind,
    capacity,
    labels,
    ...(typeof model === 'string' && { model }),
    ...(priceMinor > 0 && { priceMinor }),
    ...(pricePer !== undefined && { pricePer }),
  };
}

/** What a department may hold, borrowed units counted. */
export function quotasOf({ quotas }: Configuration): QuotaLimit[] {
  return quotas.map(({ department, kind, nominal, borrowingLimit }) => {
    return { department, kind, most: nominal + borrowingLimit };
  });
}

/**
 * Departments that the organisation does not have are given to its own one after the other, as they come; so are their agents within a
 * department. Answers the same for the same name.
 */
export function settler({ departments }: People): (job: Job) => { department: string; agent: string } {
  const byId = new Map(departments.map((one) => [one.id, one]));
  const given = new Map<string, (typeof departments)[number]>();
  const agents = new Map<string, string>();
  const taken = new Map<string, number>();
  return ({ department, agent }) => {
    let own = byId.get(department) ?? given.get(department);
    if (own === undefined) {
      own = departments[given.size % departments.length]!;
      given.set(department, own);
    }
    const key = `${department}/${agent}`;
    let name = own.id === department && own.agents.includes(agent) ? agent : agents.get(key);
    if (name === undefined) {
      const count = taken.get(own.id) ?? 0;
      taken.set(own.id, count + 1);
      name = own.agents[count % own.agents.length]!;
      agents.set(key, name);
    }
    return { department: own.id, agent: name };
  };
}

/** The same jobs with departments, agents and ranks of the organisation. */
export function settled(jobs: Iterable<Job>, configuration: Configuration): Iterable<Job> {
  const { classes } = configuration;
  return {
    *[Symbol.iterator]() {
      const settle = settler(peopleOf(configuration));
      for (const job of jobs) {
        const own = { ...job, ...settle(job) };
        const { name, rank } = classOf(own, configuration);
        // Named, so that the rank may be that of the class from now on.
        yield {
          ...own,
          terms: { ...job.terms, class: name },
          rank: classes.findIndex((one) => one.rank === rank),
        };
      }
    },
  };
}

/** By its name; else, of those that its department may ask for and that are long enough, the one at its rank, or the last. */
function classOf(
  { terms, rank, estimateMs, department }: Job,
  { classes, departments }: Pick<Configuration, 'classes' | 'departments'>,
): PriorityClass {
  const named = classes.find(({ name }) => name === terms?.class);
  if (named !== undefined) return named;
  const entitled = departments.find(({ id }) => id === department)?.classes ?? [];
  const fitting = classes.filter(
    ({ name, maxDurationSeconds }) => entitled.includes(name) && maxDurationSeconds * 1000 >= estimateMs,
  );
  return fitting[Math.min(rank, fitting.length - 1)] ?? classes.at(-1)!;
}

/** `startsAt`: the instant of virtual time 0. */
export function companyOf(configuration: Configuration, startsAt: Instant): TraceOrganisation {
  return {
    configuration,
    requestOf: (job): ReturnType<TraceOrganisation['requestOf']> => {
      const { classification = 'internal', purpose = 'simulation', preemptible = false } = job.terms ?? {};
      return {
        department: job.department as ResourceRequest['department'],
        agent: job.agent as ResourceRequest['agent'],
        options: [{ claims: job.claims.map((claim) => claimOf(claim, job.models)) }],
        terms: {
          class: classOf(job, configuration).name,
          durationSeconds: Math.max(1, Math.ceil(job.estimateMs / 1000)),
          preemptible,
          classification,
          purpose,
          summary: job.name.slice(0, 200),
          ...(job.deadlineMs !== undefined && { deadline: startsAt + job.deadlineMs }),
        },
      };
    },
  };
}

function claimOf({ kind, quantity, labels }: JobClaim, models: readonly string[]): Claim {
  const selector: Selector = {
    ...labels,
    ...(models.length > 0 && kind === 'gpu' && { model: models }),
  };
  return { kind, quantity, ...(Object.keys(selector).length > 0 && { selector }) };
}
