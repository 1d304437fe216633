// A bundle (module + manifest) and the data it judges by: their shapes and the checks before either is used.
// Invariant: what fails a check is never activated. Called by engine.ts and node.ts; pure, runs in a browser too.
import type { ConstraintRule, JsonValue, PolicyRule } from './verdict.ts';

export interface HashedFile {
  readonly path: string;
  readonly sha256: string;
}

export interface PolicyManifest {
  readonly v: 1;
  readonly name: string;
  /** SHA-256 over the sources' hashes and names: the identity of the policy. */
  readonly revision: string;
  readonly compiler: string;
  readonly entrypoints: readonly string[];
  readonly wasm: HashedFile;
  /** Of the list of builtins that the policies were allowed to call. */
  readonly capabilitiesSha256: string;
  readonly rules: readonly PolicyRule[];
  /** Absent: none, and no entrypoint for them. */
  readonly constraints?: readonly ConstraintRule[];
  readonly sources: readonly HashedFile[];
}

export interface PolicyBundle {
  readonly wasm: ArrayBuffer;
  readonly manifest: PolicyManifest;
}

export interface DepartmentData {
  readonly classes: readonly string[];
  readonly kinds: readonly string[] | '*';
  /** Kind to the largest quantity of one request; "*" limits the kinds without an entry; neither denies. */
  readonly limits: Readonly<Record<string, number>>;
  readonly clearanceCeiling: number;
  /** GPU models that it may be given. */
  readonly models: readonly string[] | '*';
  /** Of its agents, so many are served. */
  readonly agentsMost: number;
  /** From hour to hour of the day, UTC, only these classes; equal hours are none. */
  readonly quietHours: { readonly from: number; readonly to: number; readonly classes: readonly string[] };
}

/** What the policies know of the organisation, made from the configuration. They see it as `data.organisation`. */
export interface PolicyData {
  readonly revision: string;
  readonly departments: Readonly<Record<string, DepartmentData>>;
  readonly classes: Readonly<
    Record<string, { readonly maxDurationSeconds: number; readonly maxCostMinor: number }>
  >;
  /** `ordinal` counts the agents of a department, from 1. */
  readonly agents: Readonly<Record<string, { readonly department: string; readonly ordinal: number }>>;
  /** Dataset to the purposes that it is for; one without an entry is for every purpose. */
  readonly datasets: Readonly<Record<string, readonly string[]>>;
  /** Pairs of roles or skills that nobody has together. */
  readonly separatedDuties: readonly (readonly string[])[];
  readonly purposeRequiredFrom: number;
  readonly approvalRequiredFrom: number;
}

export type RefusalCode =
  | 'ACTIVATION_TIMEOUT'
  | 'BUNDLE_HASH_MISMATCH'
  | 'BUNDLE_KEY_UNKNOWN'
  | 'BUNDLE_MALFORMED'
  | 'BUNDLE_NEEDS_HOST'
  | 'BUNDLE_PROBE_FAILED'
  | 'CONSTRAINTS_INVALID'
  | 'BUNDLE_ROOTS_INVALID'
  | 'BUNDLE_SIGNATURE_INVALID'
  | 'BUNDLE_TOO_LARGE'
  | 'BUNDLE_UNSIGNED'
  | 'BUNDLE_VECTORS_FAILED'
  | 'BUNDLE_VERSION_UNKNOWN'
  | 'DATA_INVALID';

/** Thrown when a bundle or data is not activated; what was active before stays active. */
export class PolicyRefused extends Error {
  readonly code: RefusalCode;
  constructor(code: RefusalCode, message: string) {
    super(`${code}: ${message}`);
    this.name = 'PolicyRefused';
    this.code = code;
  }
}

export const BATCH_ENTRYPOINT = 'annona/verdict/batch';
/** There where every rule states what it reads. */
export const VIEWS_ENTRYPOINT = 'annona/verdict/views';
export const EXPLAIN_ENTRYPOINT = 'annona/verdict/explain';
export const CONSTRAINTS_ENTRYPOINT = 'annona/verdict/constraints';

export async function sha256Hex(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Checks the manifest's shape, that its revision is the digest of its sources, and that the module is the one it names. */
export async function verifyBundle(bundle: { wasm: unknown; manifest: unknown }): Promise<PolicyBundle> {
  const { wasm } = bundle;
  const manifest = parseManifest(bundle.manifest);
  // A Buffer here would be hashed and compiled over its whole pool, which is another file's bytes.
  if (!(wasm instanceof ArrayBuffer))
    throw new PolicyRefused('BUNDLE_MALFORMED', 'the module is not an ArrayBuffer');
  const lines = manifest.sources.map((file) => `${file.sha256}  ${file.path}\n`).join('');
  if ((await sha256Hex(bytesOf(lines))) !== manifest.revision) {
    throw new PolicyRefused('BUNDLE_HASH_MISMATCH', 'the revision is not the digest of the sources it lists');
  }
  if ((await sha256Hex(wasm)) !== manifest.wasm.sha256) {
    throw new PolicyRefused(
      'BUNDLE_HASH_MISMATCH',
      `the module is not the one of revision ${manifest.revision}`,
    );
  }
  return { wasm, manifest };
}

/** UTF-8 in an ArrayBuffer of exactly its size; the encoder may return a view into a larger one. */
export function bytesOf(text: string): ArrayBuffer {
  const view = new TextEncoder().encode(text);
  return view.byteLength === view.buffer.byteLength ? view.buffer : view.slice().buffer;
}

const MODES = ['enforce', 'warn', 'dryrun'];
const RULE_TEXTS = ['code', 'policy', 'title', 'owner', 'severity', 'field', 'remedy'];

export function parseManifest(value: unknown): PolicyManifest {
  const refuse = (what: string): never => {
    throw new PolicyRefused('BUNDLE_MALFORMED', `manifest: ${what}`);
  };
  if (!isRecord(value)) return refuse('not an object');
  if (value.v !== 1) refuse('v is not 1');
  for (const key of ['name', 'compiler']) if (!isText(value[key])) refuse(`${key} is missing`);
  if (!isDigest(value.revision)) refuse('revision is missing');
  if (!isDigest(value.capabilitiesSha256)) refuse('capabilitiesSha256 is missing');
  if (!isHashedFile(value.wasm)) refuse('wasm is not a path with a hash');
  const sources = value.sources;
  if (!Array.isArray(sources) || !sources.every(isHashedFile)) refuse('sources are not paths with hashes');
  const rules = value.rules;
  if (!Array.isArray(rules) || rules.length === 0)
    return refuse('no rules: such a bundle would allow everything');
  const codes = new Set<unknown>();
  for (const rule of rules) {
    if (!isRecord(rule) || !RULE_TEXTS.every((key) => isText(rule[key])))
      return refuse('a rule lacks its METADATA');
    if (!MODES.includes(rule.mode as string)) refuse(`${rule.code} has no known mode`);
    if (codes.has(rule.code)) refuse(`${rule.code} is stated twice`);
    codes.add(rule.code);
  }
  const constraints = value.constraints ?? [];
  if (!Array.isArray(constraints)) return refuse('constraints are not a list');
  for (const constraint of constraints) {
    const problem = constraintProblem(constraint);
    if (problem !== null) refuse(problem);
    const { code } = constraint as unknown as ConstraintRule;
    if (codes.has(code)) refuse(`${code} is stated twice`);
    codes.add(code);
  }
  const entrypoints = value.entrypoints;
  const wanted = [BATCH_ENTRYPOINT, EXPLAIN_ENTRYPOINT];
  if (constraints.length > 0) wanted.push(CONSTRAINTS_ENTRYPOINT);
  if (!Array.isArray(entrypoints) || !wanted.every((name) => entrypoints.includes(name))) {
    refuse(`entrypoints must include ${wanted.join(' and ')}`);
  }
  if ((entrypoints as unknown[]).includes(VIEWS_ENTRYPOINT)) {
    for (const { code, reads } of rules)
      if (!isTexts(reads) || reads.length === 0) refuse(`${code} does not say which fields it reads`);
  }
  return value as unknown as PolicyManifest;
}

const CONSTRAINT_TEXTS = ['code', 'policy', 'title', 'owner', 'severity', 'remedy', 'at'];
/** As much as a request is worth. */
export const PRICE_MOST = 1_000;

/** The compiler refuses the same; a manifest may come from elsewhere. */
function constraintProblem(value: unknown): string | null {
  if (!isRecord(value) || !CONSTRAINT_TEXTS.every((key) => isText(value[key])))
    return 'a constraint lacks its METADATA';
  const { code, kind, op, price, mode } = value;
  if (!MODES.includes(mode as string)) return `${code} has no known mode`;
  if (!['sum', 'weight', 'separation'].includes(kind as string)) return `${code} is of no known kind`;
  if (kind !== 'sum')
    return op === undefined && price === undefined ? null : `${code}: only a sum has an op and a price`;
  if (!['<=', '>=', '=='].includes(op as string)) return `${code} has no known op`;
  if (price === undefined)
    return op === '<=' ? null : `${code}: a hard ${op} could leave a tick without any plan`;
  return isAmount(price) && (price as number) >= 1 && (price as number) <= PRICE_MOST
    ? null
    : `${code}: a price is a whole number from 1 to ${PRICE_MOST}`;
}

/** Rego compares across types, so a limit of "9" would allow any number: data is typed before a policy sees it. */
export function parseData(value: unknown): PolicyData {
  const refuse = (path: string, want: string): never => {
    throw new PolicyRefused('DATA_INVALID', `${path} must be ${want}`);
  };
  const need = (ok: boolean, path: string, want: string): void => {
    if (!ok) refuse(path, want);
  };
  if (!isRecord(value)) return refuse('data', 'an object');
  need(isText(value.revision), 'revision', 'text');
  for (const key of ['purposeRequiredFrom', 'approvalRequiredFrom'])
    need(isAmount(value[key]), key, 'a level');
  const entries = (key: string): [string, Record<string, unknown>][] => {
    const map = value[key];
    if (!isRecord(map)) return refuse(key, 'a map');
    return Object.entries(map).map(([id, entry]) => {
      need(isText(id), `${key}.${id}`, 'named by well-formed text');
      return isRecord(entry) ? [id, entry] : refuse(`${key}.${id}`, 'an object');
    });
  };
  for (const [id, department] of entries('departments')) {
    const path = `departments.${id}`;
    const { classes, kinds, limits, clearanceCeiling } = department;
    need(isTexts(classes), `${path}.classes`, 'a list of names');
    need(kinds === '*' || isTexts(kinds), `${path}.kinds`, 'a list of kinds or "*"');
    need(
      isRecord(limits) && Object.values(limits).every(isAmount),
      `${path}.limits`,
      'a map of whole quantities',
    );
    need(isRecord(limits) && Object.keys(limits).every(isText), `${path}.limits`, 'keyed by kinds');
    need(isAmount(clearanceCeiling), `${path}.clearanceCeiling`, 'a level');
    needLimits(department, path, need);
  }
  for (const [name, limits] of entries('classes')) {
    need(isAmount(limits.maxDurationSeconds), `classes.${name}.maxDurationSeconds`, 'whole seconds');
    need(isAmount(limits.maxCostMinor), `classes.${name}.maxCostMinor`, 'whole minor units');
  }
  for (const [id, agent] of entries('agents')) {
    need(isText(agent.department), `agents.${id}.department`, 'text');
    need(isAmount(agent.ordinal), `agents.${id}.ordinal`, 'a whole number');
  }
  const { datasets, separatedDuties } = value;
  need(isRecord(datasets), 'datasets', 'a map');
  for (const [name, purposes] of Object.entries(isRecord(datasets) ? datasets : {}))
    need(isText(name) && isTexts(purposes), `datasets.${name}`, 'a list of purposes');
  const isPair = (pair: unknown): boolean => isTexts(pair) && (pair as readonly string[]).length === 2;
  need(
    Array.isArray(separatedDuties) && separatedDuties.every(isPair),
    'separatedDuties',
    'a list of pairs of roles or skills',
  );
  return value as unknown as PolicyData;
}

type Need = (ok: boolean, path: string, want: string) => void;

function needLimits(department: Record<string, unknown>, path: string, need: Need): void {
  const { models, agentsMost, quietHours } = department;
  need(models === '*' || isTexts(models), `${path}.models`, 'a list of models or "*"');
  need(isAmount(agentsMost), `${path}.agentsMost`, 'a whole number');
  const { from, to, classes } = isRecord(quietHours) ? quietHours : {};
  need(isHour(from) && isHour(to), `${path}.quietHours`, 'from and to, hours from 0 to 23');
  need(isTexts(classes), `${path}.quietHours.classes`, 'a list of names');
}

export function isRecord(value: unknown): value is Record<string, JsonValue | undefined> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.isWellFormed();
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

function isAmount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isHour(value: unknown): boolean {
  return isAmount(value) && (value as number) < 24;
}

function isHashedFile(value: unknown): boolean {
  return isRecord(value) && isText(value.path) && isDigest(value.sha256);
}

function isDigest(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
