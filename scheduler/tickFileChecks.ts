// What a schema cannot say of a tick file: every reference resolves, ids are unique, windows and periods have a length, requests are in order.
// Invariant: a document that passes can be formulated without a throw. Called by tickFile.ts alone.

import { capacityKey } from './domain/lease.ts';
import { useKeysOf } from './domain/lookup.ts';
import { policyProblems } from './domain/policyRow.ts';
import type { Claim } from './domain/request.ts';
import type { TickFile, TickFileProblem } from './tickFile.ts';
import { checkHeld } from './tickFileHeld.ts';
import { nodeProblems } from './tickFileNodes.ts';

/** Names shown where a reference does not resolve: a list of 600 agents helps nobody. */
const ALLOWED_MOST = 40;

export function checkReferences(file: TickFile): TickFileProblem[] {
  const check = new ReferenceCheck(file);
  check.configuration();
  check.requests();
  check.use();
  check.promises();
  return [...check.problems, ...checkHeld(file), ...nodeProblems(file)];
}

type Noun = 'department' | 'agent' | 'pool' | 'cohort' | 'account' | 'class' | 'kind';

class ReferenceCheck {
  readonly problems: TickFileProblem[] = [];
  readonly #file: TickFile;
  readonly #names: Readonly<Record<Noun, ReadonlySet<string>>>;

  constructor(file: TickFile) {
    const { departments, agents, pools, cohorts, accounts, classes } = file.configuration;
    this.#file = file;
    this.#names = {
      department: new Set(departments.map(({ id }) => id)),
      agent: new Set(agents.map(({ id }) => id)),
      pool: new Set(pools.map(({ id }) => id)),
      cohort: new Set(cohorts.map(({ id }) => id)),
      account: new Set(accounts.map(({ id }) => id)),
      class: new Set(classes.map(({ name }) => name)),
      kind: new Set(pools.map(({ kind }) => kind)),
    };
  }

  configuration(): void {
    const { departments, agents, pools, quotas, cohorts, accounts, classes } = this.#file.configuration;
    for (const [name, list] of Object.entries({ departments, agents, pools, cohorts, accounts })) {
      this.#unique(
        `/configuration/${name}`,
        list.map(({ id }) => id),
      );
    }
    this.#unique(
      '/configuration/classes',
      classes.map(({ name }) => name),
    );
    this.#unique(
      '/configuration/classes',
      classes.map(({ rank }) => `rank ${rank}`),
    );
    this.#unique(
      '/configuration/quotas',
      quotas.map(({ department, kind }) => `${department}/${kind}`),
    );
    for (const [i, agent] of agents.entries()) {
      this.#refer('department', agent.department, `/configuration/agents/${i}/department`);
      for (const [j, account] of agent.accounts.entries())
        this.#refer('account', account, `/configuration/agents/${i}/accounts/${j}`);
    }
    for (const [i, pool] of pools.entries()) {
      if (pool.agent !== undefined) this.#refer('agent', pool.agent, `/configuration/pools/${i}/agent`);
      this.#spans(`/configuration/pools/${i}/calendar`, pool.calendar ?? []);
    }
    for (const [i, quota] of quotas.entries()) {
      this.#refer('department', quota.department, `/configuration/quotas/${i}/department`);
      if (quota.cohort !== undefined)
        this.#refer('cohort', quota.cohort, `/configuration/quotas/${i}/cohort`);
      if (quota.lendingLimit > quota.nominal)
        this.#problem(`/configuration/quotas/${i}/lendingLimit`, 'is more than the nominal share');
    }
    this.#tree('/configuration/accounts', 'account', accounts);
    this.#tree('/configuration/cohorts', 'cohort', cohorts);
    for (const [i, account] of accounts.entries())
      this.#spans(`/configuration/accounts/${i}/periods`, account.periods);
  }

  requests(): void {
    const { requests, extensions } = this.#file;
    const { agents, pools } = this.#file.configuration;
    const departmentOf = new Map<string, string>(agents.map(({ id, department }) => [id, department]));
    this.#unique(
      '/requests',
      requests.map(({ request }) => request.id),
    );
    for (const [i, { request, sequence }] of requests.entries()) {
      const at = `/requests/${i}/request`;
      this.#refer('department', request.department, `${at}/department`);
      this.#refer('agent', request.agent, `${at}/agent`);
      if (departmentOf.get(request.agent) !== request.department)
        this.#problem(`${at}/agent`, `acts for another department than ${request.department}`);
      this.#refer('class', request.terms.class, `${at}/terms/class`);
      for (const [o, option] of request.options.entries()) {
        for (const [c, claim] of option.claims.entries())
          this.#claim(claim, `${at}/options/${o}/claims/${c}`);
      }
      if (i > 0 && sequence <= requests[i - 1]!.sequence)
        this.#problem(`/requests/${i}/sequence`, 'must rise from request to request');
    }
    this.#gangs();
    const { policyRows, policyWeights, separations } = this.#file;
    const rules = {
      rows: policyRows?.map(({ row }) => row) ?? [],
      weights: policyWeights ?? [],
      separations: separations?.map(({ separation }) => separation) ?? [],
    };
    for (const problem of policyProblems(rules)) this.#problem('/policyRows', problem);
    for (const [i, { held }] of (separations ?? []).entries()) {
      this.#unique(
        `/separations/${i}/held`,
        held.map(([agent]) => agent),
      );
    }
    const kindOf = new Map<string, string>(pools.map(({ id, kind }) => [id, kind]));
    for (const [i, { extension, lease }] of (extensions ?? []).entries()) {
      if (extension.lease !== lease.id)
        this.#problem(`/extensions/${i}/extension/lease`, `is not the lease ${lease.id} beside it`);
      this.#refer('agent', lease.agent, `/extensions/${i}/lease/agent`);
      for (const [a, { pool, kind }] of lease.allocations.entries()) {
        const at = `/extensions/${i}/lease/allocations/${a}`;
        this.#refer('pool', pool, `${at}/pool`);
        if (kindOf.has(pool) && kindOf.get(pool) !== kind)
          this.#problem(`${at}/kind`, `is not the kind of ${pool}`, [kindOf.get(pool)!]);
      }
    }
  }

  use(): void {
    const { used, quotaUse, pastUse = {}, accounts, configuration, exclusive } = this.#file;
    this.#unique('/exclusive', exclusive ?? []);
    for (const [i, pool] of (exclusive ?? []).entries()) {
      this.#refer('pool', pool, `/exclusive/${i}`);
      if ((used[pool] ?? 0) === 0) this.#problem(`/exclusive/${i}`, 'is held exclusively, and not used');
    }
    const keys = useKeysOf(configuration);
    this.#knownKeys('/used', Object.keys(used), keys.used);
    this.#knownKeys('/quotaUse', Object.keys(quotaUse), keys.quotaUse);
    this.#knownKeys('/pastUse', Object.keys(pastUse), keys.quotaUse);
    this.#knownKeys('/accounts', Object.keys(accounts), keys.accounts);
    const agents = new Set<string>(configuration.agents.map(({ id }) => id));
    this.#knownKeys('/missedDeadlines', Object.keys(this.#file.missedDeadlines ?? {}), agents);
  }

  /** Each of a request of the file, for an option it has, or a hold, of pools there are; checkpoints rise and come after now. */
  promises(): void {
    const { reservations, checkpoints, requests, configuration, now } = this.#file;
    const options = new Map(requests.map(({ request }) => [request.id, request.options.length]));
    const keys = useKeysOf(configuration);
    this.#unique(
      '/reservations',
      (reservations ?? []).map(({ request }) => request),
    );
    for (const [i, { request, option, startsAt, endsAt, units, hold }] of (reservations ?? []).entries()) {
      const at = `/reservations/${i}`;
      if (hold === undefined && option >= (options.get(request) ?? 0))
        this.#problem(`${at}/request`, 'no such request or option');
      if (hold !== undefined && options.has(request))
        this.#problem(`${at}/hold`, 'a request that holds an offer is decided by no tick');
      if (hold !== undefined && startsAt > now) this.#problem(`${at}/startsAt`, 'a hold has begun');
      if (endsAt <= startsAt) this.#problem(`${at}/endsAt`, 'must be after startsAt');
      for (const [u, { pool, window }] of units.entries())
        if (!keys.used.has(capacityKey(pool, window)))
          this.#problem(`${at}/units/${u}/pool`, 'is not configured');
    }
    const later = (reservations ?? []).filter(({ startsAt }) => startsAt > now);
    const starts = new Set(later.map(({ startsAt }) => startsAt));
    const known = new Set((checkpoints ?? []).map(({ at }) => at));
    if (starts.size !== known.size || [...starts].some((at) => !known.has(at)))
      this.#problem('/checkpoints', 'must be the starts of reservations that are still to come');
    for (const [i, { at, used, quotaUse }] of (checkpoints ?? []).entries()) {
      if (at <= (checkpoints![i - 1]?.at ?? now))
        this.#problem(`/checkpoints/${i}/at`, 'must rise, after now');
      this.#knownKeys(`/checkpoints/${i}/used`, Object.keys(used), keys.used);
      this.#knownKeys(`/checkpoints/${i}/quotaUse`, Object.keys(quotaUse), keys.quotaUse);
    }
  }

  #tree(
    at: string,
    what: 'account' | 'cohort',
    nodes: readonly { readonly id: string; readonly parent?: string }[],
  ): void {
    const parentOf = new Map(nodes.map(({ id, parent }) => [id, parent]));
    for (const [i, { id: own, parent }] of nodes.entries()) {
      if (parent !== undefined) this.#refer(what, parent, `${at}/${i}/parent`);
      const seen = new Set<string>();
      for (let id: string | undefined = own; id !== undefined; id = parentOf.get(id)) {
        if (seen.has(id)) {
          this.#problem(`${at}/${i}/parent`, 'is its own ancestor');
          break;
        }
        seen.add(id);
      }
    }
  }

  /** Each has a length, and they are sorted and apart. */
  #spans(at: string, spans: readonly { readonly startsAt: number; readonly endsAt: number }[]): void {
    for (const [i, span] of spans.entries()) {
      if (span.endsAt <= span.startsAt) this.#problem(`${at}/${i}/endsAt`, 'must be after startsAt');
      if (i > 0 && span.startsAt < spans[i - 1]!.endsAt)
        this.#problem(`${at}/${i}/startsAt`, 'overlaps the one before');
    }
  }

  /** Members agree, and are no more than they declare. */
  #gangs(): void {
    const gangs = new Map<string, { said: string; members: number }>();
    for (const [i, { request }] of this.#file.requests.entries()) {
      const { gang, class: priority } = request.terms;
      if (gang === undefined) continue;
      const at = `/requests/${i}/request/terms/gang`;
      const said = JSON.stringify([gang.size, gang.timeoutSeconds, gang.colocate, priority]);
      const known = gangs.get(gang.id) ?? { said, members: 0 };
      known.members += 1;
      gangs.set(gang.id, known);
      if (known.said !== said) this.#problem(at, 'says otherwise than the members before it');
      if (known.members > gang.size) this.#problem(at, `has more members than ${gang.size}`);
    }
  }

  #claim({ kind, exclusive }: Claim, at: string): void {
    this.#refer('kind', kind, `${at}/kind`);
    if (exclusive && kind !== 'dataset') this.#problem(`${at}/exclusive`, 'only a dataset can be exclusive');
  }

  #unique(at: string, ids: readonly string[]): void {
    const seen = new Set<string>();
    for (const [i, id] of ids.entries()) {
      if (seen.has(id)) this.#problem(`${at}/${i}`, `${id} stands here twice`);
      seen.add(id);
    }
  }

  #refer(what: Noun, name: string, pointer: string): void {
    const known = this.#names[what];
    if (!known.has(name)) this.#problem(pointer, `no ${what} ${name}`, [...known].slice(0, ALLOWED_MOST));
  }

  #knownKeys(at: string, keys: readonly string[], known: ReadonlySet<string>): void {
    for (const key of keys) {
      if (!known.has(key))
        this.#problem(
          `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
          'is not configured',
          [...known].slice(0, ALLOWED_MOST),
        );
    }
  }

  #problem(pointer: string, message: string, allowed?: readonly string[]): void {
    this.problems.push(allowed === undefined ? { pointer, message } : { pointer, message, allowed });
  }
}
