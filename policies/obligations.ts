// Obligations: what a policy asks for instead of a denial. A fixed vocabulary, each kind with a schema, and how those of one request combine.
// Invariant: closed on purpose. A duty of another kind, or of another form, is undefined here and so denies; two that cannot be kept
// together are null and deny. Called by batch.ts and by whoever joins the policies to the scheduler.

import { byCodeUnit, type JsonValue, type PolicyRule } from './verdict.ts';

export const OBLIGATION_KINDS = ['approval', 'ttl', 'pools', 'class', 'label', 'audit'] as const;
export type ObligationKind = (typeof OBLIGATION_KINDS)[number];

/** Which rule asks for it. */
interface Stated {
  readonly code: string;
  readonly policy: string;
}

/** A reviewer with this skill must approve before the request may be granted. */
export interface ApprovalObligation extends Stated {
  readonly kind: 'approval';
  readonly skill: string;
}

/** The lease, with its extensions, lasts so many seconds at most. */
export interface TtlObligation extends Stated {
  readonly kind: 'ttl';
  readonly seconds: number;
}

/** Claims of the kind `for`, or of every kind where it is absent, are served from these pools alone. */
export interface PoolsObligation extends Stated {
  readonly kind: 'pools';
  readonly pools: readonly string[];
  readonly for?: string;
}

/** Served in this priority class at most: in a lower one, if the request asks for it. */
export interface ClassObligation extends Stated {
  readonly kind: 'class';
  readonly class: string;
}

/** Written on the lease, and into the events and the record of its grant. */
export interface LabelObligation extends Stated {
  readonly kind: 'label';
  readonly name: string;
  readonly value: string;
}

/** The rule's code is written on the lease, and into the events and the record of its grant. */
export interface AuditObligation extends Stated {
  readonly kind: 'audit';
}

export type Obligation =
  | ApprovalObligation
  | TtlObligation
  | PoolsObligation
  | ClassObligation
  | LabelObligation
  | AuditObligation;

type Schema = Readonly<Record<string, JsonValue>>;

const NAME = { type: 'string', minLength: 1, maxLength: 200 } as const;

function schema(kind: ObligationKind, required: Schema, optional: Schema = {}): Schema {
  return {
    type: 'object',
    properties: { kind: { const: kind }, ...required, ...optional },
    required: ['kind', ...Object.keys(required)],
    additionalProperties: false,
  };
}

/** JSON Schema (2020-12) of `custom.obligation` by kind; `obligationOf` reads the same, a test compares them. */
export const OBLIGATION_SCHEMAS: Readonly<Record<ObligationKind, Schema>> = {
  approval: schema('approval', { skill: NAME }),
  ttl: schema('ttl', { seconds: { type: 'integer', minimum: 1, maximum: 31_536_000 } }),
  pools: schema(
    'pools',
    { pools: { type: 'array', items: NAME, minItems: 1, maxItems: 256, uniqueItems: true } },
    { for: NAME },
  ),
  class: schema('class', { class: NAME }),
  label: schema('label', { name: NAME, value: NAME }),
  audit: schema('audit', {}),
};

const SECONDS_MOST = 31_536_000;
const POOLS_MOST = 256;

type Fields = Readonly<Record<string, JsonValue>>;

/** Beside `kind`, per kind: whether each field that may be there is well formed; those that must be there. */
const FORMS: Readonly<
  Record<
    ObligationKind,
    { readonly must: readonly string[]; readonly is: Readonly<Record<string, (value: JsonValue) => boolean>> }
  >
> = {
  approval: { must: ['skill'], is: { skill: isName } },
  ttl: { must: ['seconds'], is: { seconds: isSeconds } },
  pools: { must: ['pools'], is: { pools: isNames, for: isName } },
  class: { must: ['class'], is: { class: isName } },
  label: { must: ['name', 'value'], is: { name: isName, value: isName } },
  audit: { must: [], is: {} },
};

/** The obligation that a rule's METADATA states, or undefined if this version does not know how to fulfil it. */
export function obligationOf({ code, policy, obligation }: PolicyRule): Obligation | undefined {
  if (obligation === undefined || obligationProblem(obligation) !== null) return undefined;
  return { ...obligation, code, policy } as unknown as Obligation;
}

/** What is wrong with `custom.obligation`, in words for its author; null: nothing. */
export function obligationProblem(stated: Fields): string | null {
  const { kind, ...fields } = stated;
  if (typeof kind !== 'string' || !Object.hasOwn(FORMS, kind))
    return `kind ${JSON.stringify(kind)} is not known; the kinds are ${OBLIGATION_KINDS.join(', ')}`;
  const { must, is } = FORMS[kind as ObligationKind];
  for (const name of must) if (!Object.hasOwn(fields, name)) return `${kind} needs ${name}`;
  for (const [name, value] of Object.entries(fields)) {
    if (!Object.hasOwn(is, name)) return `${kind} has no field ${name}`;
    if (!is[name]!(value)) return `${kind}: ${name} is not what its schema says`;
  }
  return null;
}

function isName(value: JsonValue): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= 200;
}

function isSeconds(value: JsonValue): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= SECONDS_MOST;
}

function isNames(value: JsonValue): boolean {
  if (!Array.isArray(value) || value.length === 0 || value.length > POOLS_MOST) return false;
  return value.every(isName) && new Set(value).size === value.length;
}

/** Everything that one request is obliged to, over all rules that hit it. Lists are sorted; what is absent is not asked for. */
export interface Duties {
  /** One a skill. */
  readonly approvals?: readonly Omit<ApprovalObligation, 'kind'>[];
  /** The shortest. */
  readonly ttlSeconds?: number;
  /** Kind, or "*" for every kind, to the pools that all rules allow. */
  readonly pools?: Readonly<Record<string, readonly string[]>>;
  /** Every class that is named as a cap: the lowest of them counts. */
  readonly classes?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Codes of the rules that ask for it. */
  readonly audit?: readonly string[];
}

/**
 * The union of obligations; the stricter of two that can be kept together. Null when they cannot: no pool is allowed by all, or one label
 * would have two values.
 */
export function combineObligations(obligations: readonly Obligation[]): Duties | null {
  const approvals = new Map<string, Omit<ApprovalObligation, 'kind'>>();
  const pools = new Map<string, readonly string[]>();
  const classes = new Set<string>();
  const labels = new Map<string, string>();
  const audit = new Set<string>();
  let ttlSeconds: number | undefined;
  for (const one of [...obligations].sort((a, b) => byCodeUnit(a.code, b.code))) {
    switch (one.kind) {
      case 'approval': {
        const { kind: _, ...duty } = one;
        if (!approvals.has(one.skill)) approvals.set(one.skill, duty);
        break;
      }
      case 'ttl':
        ttlSeconds = Math.min(one.seconds, ttlSeconds ?? one.seconds);
        break;
      case 'pools': {
        const before = pools.get(one.for ?? '*');
        const allowed = before ? one.pools.filter((pool) => before.includes(pool)) : one.pools;
        if (allowed.length === 0) return null;
        pools.set(one.for ?? '*', [...allowed].sort(byCodeUnit));
        break;
      }
      case 'class':
        classes.add(one.class);
        break;
      case 'label':
        if ((labels.get(one.name) ?? one.value) !== one.value) return null;
        labels.set(one.name, one.value);
        break;
      case 'audit':
        audit.add(one.code);
        break;
      default:
        one satisfies never;
    }
  }
  const everywhere = pools.get('*');
  for (const [kind, allowed] of pools)
    if (kind !== '*' && everywhere && !allowed.some((pool) => everywhere.includes(pool))) return null;
  return {
    ...(approvals.size > 0 && {
      approvals: [...approvals.values()].sort((a, b) => byCodeUnit(a.skill, b.skill)),
    }),
    ...(ttlSeconds !== undefined && { ttlSeconds }),
    ...(pools.size > 0 && { pools: sortedRecord(pools) }),
    ...(classes.size > 0 && { classes: [...classes].sort(byCodeUnit) }),
    ...(labels.size > 0 && { labels: sortedRecord(labels) }),
    ...(audit.size > 0 && { audit: [...audit].sort(byCodeUnit) }),
  };
}

function sortedRecord<Value>(map: ReadonlyMap<string, Value>): Record<string, Value> {
  return Object.fromEntries([...map].sort(([a], [b]) => byCodeUnit(a, b)));
}
