// An instance of bench/solver.ts: an organisation whose free capacity is the demand over the backlog, as a tick file.
// Invariant: every row family of a live tick binds somewhere: capacity, seats, windows, quotas with cohorts, nested accounts, gangs.
import {
  agentId,
  CPU_GRADES,
  DATASETS,
  DEPARTMENTS,
  DEPARTMENTS_OF_COHORT,
  type Draw,
  departmentId,
  GPU_MODELS,
  HOUR,
  NOW,
  PERIOD,
  PRICES,
  REQUESTS_OF_AGENT,
  SKILLS,
  seededDraw,
  WINDOWS_OF_SKILL,
  ZONES,
} from './parts.ts';
import { CLASSES, type Claim, type Drawn, drawRequests, type RequestsOf } from './requests.ts';

export interface InstanceOf extends RequestsOf {
  /** Demand over free capacity. */
  readonly backlog: number;
  /** In hundredths of all capacity, held by leases. */
  readonly leasedPercent: number;
}

/** The document of a tick file; `parseTickFile` says that it is one. */
export function instanceOf(input: InstanceOf): unknown {
  // Capacity follows the requests that came first, so that a warm instance has the places of its cold one.
  const first = drawRequests({ ...input, replacedOneIn: 0 });
  const places = placesOf(first, input);
  const drawn = drawRequests(input);
  return {
    version: 1,
    cell: 'main',
    now: NOW,
    configuration: configurationOf(input, places),
    requests: drawn.map(pendingOf),
    extensions: [],
    used: places.used,
    quotaUse: places.quotaUse,
    accounts: places.accountUse,
  };
}

interface Places {
  readonly pools: readonly object[];
  readonly quotas: readonly object[];
  readonly accounts: readonly object[];
  readonly used: Record<string, number>;
  readonly quotaUse: Record<string, number>;
  readonly accountUse: Record<string, { reserved: number; spent: number }>;
}

/** What all first options ask of a kind, and of one label of it. */
function demandOf(drawn: readonly Drawn[], wants: (claim: Claim) => boolean): number {
  let sum = 0;
  for (const { options } of drawn)
    for (const claim of options[0]!.claims) if (wants(claim)) sum += claim.quantity;
  return sum;
}

function placesOf(drawn: readonly Drawn[], input: InstanceOf): Places {
  const draw = seededDraw(input.seed * 7919 + 17);
  const scale = { draw, input };
  const used: Record<string, number> = {};
  const pools = [
    ...GPU_MODELS.flatMap((model) => {
      const demand = demandOf(drawn, ({ kind, selector }) => kind === 'gpu' && selector?.model === model);
      return ZONES.map((zone) => {
        const free = freeOf(scale, demand / ZONES.length);
        const pool = { id: `gpu-${model}-${zone}`, kind: 'gpu', unit: 'GPU', labels: { model, zone } };
        return leased(pool, { free, input, used, priceMinor: PRICES[model] });
      });
    }),
    ...CPU_GRADES.flatMap((grade) => {
      const demand = demandOf(drawn, ({ kind }) => kind === 'cpu');
      return ZONES.map((zone) => {
        const free = freeOf(scale, demand / ZONES.length / CPU_GRADES.length);
        const pool = { id: `cpu-${grade}-${zone}`, kind: 'cpu', unit: 'vCPU', labels: { grade, zone } };
        return leased(pool, { free, input, used, priceMinor: PRICES[grade] });
      });
    }),
    ...seatPools(drawn, scale, used),
    ...reviewPools(drawn, scale),
  ];
  return { pools, used, ...sharesOf(drawn, scale), ...budgetsOf(drawn, scale) };
}

interface Scale {
  readonly draw: Draw;
  readonly input: InstanceOf;
}

/** Half to one and a half times the fair part, so that some rows bind hard and some hardly. */
function freeOf({ draw, input }: Scale, demand: number): number {
  return Math.max(1, Math.round(((demand / input.backlog) * draw(50, 150)) / 100));
}

function leased(
  pool: { readonly id: string },
  {
    free,
    input,
    used,
    priceMinor,
  }: { free: number; input: InstanceOf; used: Record<string, number>; priceMinor: number },
): object {
  const held = Math.round((free * input.leasedPercent) / (100 - input.leasedPercent));
  if (held > 0) used[pool.id] = held;
  return { ...pool, capacity: free + held, consumable: false, priceMinor };
}

function seatPools(drawn: readonly Drawn[], scale: Scale, used: Record<string, number>): object[] {
  return Array.from({ length: DATASETS }, (_, i) => {
    const name = `set-${i + 1}`;
    const demand = demandOf(drawn, ({ kind, selector }) => kind === 'dataset' && selector?.name === name);
    const pool = { id: `dataset-${name}`, kind: 'dataset', unit: 'seat', labels: { name } };
    return leased(pool, { free: freeOf(scale, demand), input: scale.input, used, priceMinor: 0 });
  });
}

function reviewPools(drawn: readonly Drawn[], scale: Scale): object[] {
  return Array.from({ length: SKILLS }, (_, i) => {
    const skill = `skill-${i + 1}`;
    const demand = demandOf(drawn, ({ kind, selector }) => kind === 'review' && selector?.skill === skill);
    const calendar = Array.from({ length: WINDOWS_OF_SKILL }, (_, w) => {
      const startsAt = NOW + (w + 1) * 2 * HOUR;
      return {
        id: new Date(startsAt).toISOString().slice(0, 16),
        startsAt,
        endsAt: startsAt + HOUR,
        capacity: freeOf(scale, demand / WINDOWS_OF_SKILL),
      };
    });
    const pool = { id: `review-${skill}`, kind: 'review', unit: 'slot', capacity: 0, labels: { skill } };
    return { ...pool, calendar, consumable: true, priceMinor: 0 };
  });
}

/** Nominal shares of the GPUs; half of one is lent and half borrowed, and some hold more than theirs already. */
function sharesOf(drawn: readonly Drawn[], scale: Scale): Pick<Places, 'quotas' | 'quotaUse'> {
  const { leasedPercent } = scale.input;
  const quotaUse: Record<string, number> = {};
  const demand = demandOf(drawn, ({ kind }) => kind === 'gpu');
  const quotas = Array.from({ length: DEPARTMENTS }, (_, d) => {
    const department = departmentId(d);
    const free = freeOf(scale, (demand * 1.1) / DEPARTMENTS);
    const use = Math.round((free * leasedPercent) / (100 - leasedPercent));
    if (use > 0) quotaUse[`${department}/gpu`] = use;
    const nominal = Math.max(1, Math.round(((free + use) * scale.draw(85, 110)) / 100));
    return {
      department,
      kind: 'gpu',
      nominal,
      borrowingLimit: Math.max(0, free + use - nominal) + Math.round(free / 2),
      lendingLimit: Math.round(nominal / 2),
      cohort: `cohort-${Math.floor(d / DEPARTMENTS_OF_COHORT) + 1}`,
    };
  });
  return { quotas, quotaUse };
}

function budgetsOf(drawn: readonly Drawn[], scale: Scale): Pick<Places, 'accounts' | 'accountUse'> {
  const { requests, seed, leasedPercent } = scale.input;
  const total = drawn.reduce((sum, { cost }) => sum + cost, 0);
  const agents = Math.max(DEPARTMENTS, Math.ceil(requests / REQUESTS_OF_AGENT));
  const accountUse: Places['accountUse'] = {};
  const account = (id: string, free: number, parent?: string): object => {
    const reserved = Math.round((free * leasedPercent) / (100 - leasedPercent));
    if (reserved > 0) accountUse[`${id}/${PERIOD.id}`] = { reserved, spent: 0 };
    return {
      id,
      title: id,
      ...(parent !== undefined && { parent }),
      measure: { type: 'money', currency: 'EUR' },
      periods: [{ ...PERIOD, budget: free + reserved }],
    };
  };
  const ofAgent = seededDraw(seed * 104_729 + 5);
  const accounts = [
    account('company', Math.max(1, Math.round((total / scale.input.backlog) * 1.2))),
    ...Array.from({ length: DEPARTMENTS }, (_, d) =>
      account(departmentId(d), freeOf(scale, (total * 1.1) / DEPARTMENTS), 'company'),
    ),
    ...Array.from({ length: agents }, (_, a) =>
      account(agentId(a), ofAgent(1000, 20_000), departmentId(a % DEPARTMENTS)),
    ),
  ];
  return { accounts, accountUse };
}

function configurationOf(input: InstanceOf, { pools, quotas, accounts }: Places): object {
  const agents = Math.max(DEPARTMENTS, Math.ceil(input.requests / REQUESTS_OF_AGENT));
  return {
    revision: `instance-${input.family}-${input.requests}-${input.backlog}-${input.seed}`,
    cell: 'main',
    organisation: 'Bench',
    departments: Array.from({ length: DEPARTMENTS }, (_, d) => ({
      id: departmentId(d),
      title: departmentId(d),
      clearanceCeiling: 'restricted',
      classes: CLASSES[input.family],
      requestLimits: {},
    })),
    agents: Array.from({ length: agents }, (_, a) => ({
      id: agentId(a),
      department: departmentId(a % DEPARTMENTS),
      roles: ['agent'],
      skills: [],
      clearance: 'restricted',
      accounts: [agentId(a)],
    })),
    pools,
    quotas,
    cohorts: Array.from({ length: DEPARTMENTS / DEPARTMENTS_OF_COHORT }, (_, c) => ({
      id: `cohort-${c + 1}`,
      title: `Cohort ${c + 1}`,
    })),
    accounts,
    classes: CLASSES[input.family].map((name, rank) => ({
      name,
      rank,
      targetWaitSeconds: 60,
      maxDurationSeconds: 86_400,
    })),
    leaseTerms: { startLimitSeconds: 60, heartbeatTimeoutSeconds: 60, graceSeconds: 30 },
  };
}

function pendingOf(drawn: Drawn, index: number): object {
  const { id, department, agent, options, durationSeconds, submittedAt, gang } = drawn;
  const terms = {
    class: drawn.class,
    durationSeconds,
    preemptible: true,
    classification: 'public',
    purpose: 'bench',
    summary: '',
    ...(gang && { gang }),
  };
  return {
    request: { id, department, agent, clientRequestId: id, options, terms, submittedAt },
    sequence: index + 1,
    verdict: { allow: true, codes: [], policyRevision: 'p', dataRevision: 'd' },
  };
}
