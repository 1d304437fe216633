// Whether a tick is what it claims to be, by whoever has its file: the rows are rebuilt from the snapshot, every digest, rule and bound is
// recomputed, and nothing that made the plan is asked. Invariant: pure, runs in a browser; the first thing that is wrong ends it, by name.
// Called by `annona verify`, by the tests' ticks, and for the console.

import { boundOf, checkPlan, firstThatFits, gapOf, type Model } from '../solver/index.ts';
import { certificateOf, frozenDigest } from './certificate.ts';
import { workConservation } from './conservation.ts';
import { boundText } from './domain/approval.ts';
import type { Lease } from './domain/lease.ts';
import type { Assignment, Plan } from './domain/plan.ts';
import type { StageRecord } from './domain/tickRecord.ts';
import { type ColumnMeaning, type Formulation, formulate, newMemo, type Service } from './formulate/index.ts';
import { policyStandings, standingInWords } from './policyStandings.ts';
import type { Digest } from './ports.ts';
import { type Honoured, honourEarmarks } from './preemption/honour.ts';
import { freesPromised } from './reservations/checkpoints.ts';
import type { Snapshot } from './snapshot.ts';
import { tickDigests } from './tickDigests.ts';
import type { DecidedTick } from './tickFile.ts';
import { verifyPlan } from './verify.ts';
import { breachOfPreemptions } from './verifyPreemption.ts';

export interface TickCheck {
  /** "snapshot", "model", "plan", "certificate" (their digests), "rules", "policy" (what soft or watched rules say of it), "revocations", "earmarks", "columns", "rows", "class <name>", "maximal", "conservation". */
  readonly what: string;
  readonly ok: boolean;
  /** What was found: of a failure both sides. */
  readonly found: string;
}

export interface TickVerdict {
  readonly ok: boolean;
  /** In the order in which they were made; the last one failed where `ok` is false, and those after it were not made. */
  readonly checks: readonly TickCheck[];
  /** What the checks leave open, each a sentence: what was not claimed, or not searched to the end. */
  readonly open: readonly string[];
}

/** Never throws for what a file says. */
export function verifyTick(snapshot: Snapshot, decided: DecidedTick, digest: Digest): TickVerdict {
  const checks: TickCheck[] = [];
  const open: string[] = [];
  for (const check of checksOf(snapshot, decided, { digest, open })) {
    checks.push(check);
    if (!check.ok) return { ok: false, checks, open };
  }
  return { ok: true, checks, open };
}

interface Means {
  readonly digest: Digest;
  readonly open: string[];
}

function* checksOf(snapshot: Snapshot, decided: DecidedTick, means: Means): Generator<TickCheck> {
  const { plan, stages, fault } = decided;
  const honoured = honourEarmarks(snapshot);
  const formulation = formulate(honoured.rest, newMemo());
  const { model } = formulation;
  yield* digestChecks(decided, tickDigests(means.digest, { snapshot, model, decided }));

  const rules = verifyPlan(snapshot, plan);
  const units = `${plan.assignments.length} granted, ${plan.extensions.length} prolonged`;
  if (rules.ok)
    yield good('rules', `${units}; capacities, quotas, budgets, windows, deadlines and gangs hold`);
  else return yield bad('rules', `${rules.breach.what}: ${rules.breach.lhs}, and may be ${rules.breach.rhs}`);

  const forged = unboundApproval(snapshot, means.digest);
  if (forged !== null)
    return yield bad('rules', `the approval ${forged} is of other claims or another purpose`);

  const passed = policyStandings(snapshot, plan);
  if (passed.length > 0) yield good('policy', passed.map(standingInWords).join('; '));

  const breach = breachOfPreemptions(snapshot, plan);
  if (breach !== null)
    return yield bad('revocations', `${breach.what}: ${breach.lhs}, and may be ${breach.rhs}`);
  const taken = plan.preemptions?.length ?? 0;
  yield good('revocations', `${taken} times leases are taken back, each by a right and none too many`);
  if (decided.digests.revocations !== undefined)
    means.open.push('the programs that chose whose leases are taken back were not solved again');
  const stray = honoured.assignments.find((one) => !isAmong(plan.assignments, one));
  if (stray !== undefined)
    return yield bad('earmarks', `the earmark of ${stray.request} could be honoured and was not`);
  yield good('earmarks', `${honoured.assignments.length} are honoured`);

  const granted = grantedColumns(formulation, withoutHonoured(plan, honoured));
  if (typeof granted === 'string') return yield bad('columns', granted);
  yield good('columns', `each grant is one of the program's ${model.columnCount} columns`);
  const rows = checkPlan(model, granted);
  if (!rows.ok) return yield bad('rows', `the plan breaks ${rows.broken} ${nameOf(model, rows)}`);
  yield good('rows', `${model.rowCount} rows hold`);

  if (stages.length === 0 && (fault === 'refused' || model.columnCount === 0)) {
    if (fault === 'refused')
      means.open.push(
        'a part of the plan was refused by the second check: nothing is claimed of its quality',
      );
    return;
  }
  yield* stageChecks(model, { granted, values: rows.values, stages, digest: means.digest });
  const left = firstThatFits(model, granted);
  if (left !== null) return yield bad('maximal', `${meaningOf(formulation.columns[left]!)} waits and fits`);
  yield good('maximal', 'no column that was left out fits');
  yield* conservationChecks(snapshot, { plan, formulation, open: means.open });
}

/** An approval of something else than its request asks for now. */
function unboundApproval({ approvals = [], requests }: Snapshot, digest: Digest): string | null {
  const asked = new Map(requests.map(({ request }) => [request.id, request]));
  for (const { id, request: of, digest: bound } of approvals) {
    const request = asked.get(of);
    if (request === undefined || digest([boundText(request)]) !== bound) return id;
  }
  return null;
}

function isAmong(assignments: Plan['assignments'], { request, option, allocations }: Assignment): boolean {
  const found = assignments.find((one) => one.request === request);
  if (found === undefined || found.option !== option) return false;
  const told = (all: Assignment['allocations']): string =>
    all.map(({ claim, pool, window, quantity }) => `${claim} ${pool} ${window ?? ''} ${quantity}`).join();
  return told(found.allocations) === told(allocations);
}

/** What the program decided: earmarks are no columns of it. */
function withoutHonoured(plan: Plan, { assignments }: Honoured): Plan {
  const honoured = new Set(assignments.map(({ request }) => request));
  return { ...plan, assignments: plan.assignments.filter(({ request }) => !honoured.has(request)) };
}

function good(what: string, found: string): TickCheck {
  return { what, ok: true, found };
}

function bad(what: string, found: string): TickCheck {
  return { what, ok: false, found };
}

function* digestChecks({ digests }: DecidedTick, want: DecidedTick['digests']): Generator<TickCheck> {
  const of = {
    snapshot: 'what the tick decided on',
    model: 'the program built from it',
    plan: 'the plan',
    certificate: 'the claims and their proofs',
  } as const;
  for (const what of ['snapshot', 'model', 'plan', 'certificate'] as const) {
    const ok = digests[what] === want[what];
    const found = ok
      ? want[what].slice(0, 16)
      : `${want[what].slice(0, 16)}, recorded ${digests[what].slice(0, 16)}`;
    yield { what, ok, found: `digest ${found}: ${of[what]}` };
  }
}

/** The plan as the program has it, 1 a granted column; a text names a grant that no column is. */
function grantedColumns({ model, columns }: Formulation, plan: Plan): Uint8Array | string {
  const granted = new Uint8Array(model.columnCount);
  const waiting = new Map<string, Assignment>(plan.assignments.map((one) => [one.request, one]));
  const ends = new Map<string, number>(plan.extensions.map(({ extension, endsAt }) => [extension, endsAt]));
  const prolonged = prolongedPerLease(columns, ends);
  for (const [column, meaning] of columns.entries()) {
    if (meaning.type === 'extension') {
      const { lease, prolongations } = meaning;
      // The columns of one lease are its first extensions, one more each: one of them is exactly those granted.
      if (prolongations.length !== prolonged.get(lease)) continue;
      if (!prolongations.every(({ extension, endsAt }) => ends.get(extension.id) === endsAt)) continue;
      for (const { extension } of prolongations) ends.delete(extension.id);
    } else {
      const services = meaning.type === 'gang' ? meaning.services : [meaning];
      if (!services.every((service) => serves(service, waiting.get(service.request.request.id)))) continue;
      for (const { request } of services) waiting.delete(request.request.id);
    }
    granted[column] = 1;
  }
  const [stray] = [...waiting.keys(), ...ends.keys()];
  return stray === undefined ? granted : `the grant of ${stray} is no column of the program`;
}

/** Lease -> how many of its extensions are granted. */
function prolongedPerLease(
  columns: Formulation['columns'],
  granted: ReadonlyMap<string, number>,
): Map<Lease, number> {
  const counts = new Map<Lease, number>();
  for (const meaning of columns) {
    if (meaning.type !== 'extension') continue;
    const { lease, prolongations } = meaning;
    const count = prolongations.filter(({ extension }) => granted.has(extension.id)).length;
    counts.set(lease, Math.max(counts.get(lease) ?? 0, count));
  }
  return counts;
}

function serves({ option, choices, endsAt }: Service, assignment: Assignment | undefined): boolean {
  if (assignment === undefined || assignment.option !== option || assignment.endsAt !== endsAt) return false;
  return choices.every(({ claim, place, window }) => {
    const allocation = assignment.allocations.find((one) => one.claim === claim);
    if (allocation === undefined || allocation.window !== window?.id) return false;
    return place.pools.some(({ id }) => id === allocation.pool);
  });
}

interface Claimed {
  readonly granted: Uint8Array;
  readonly values: ReadonlyMap<number, number>;
  readonly stages: readonly StageRecord[];
  readonly digest: Digest;
}

function* stageChecks(model: Model, claimed: Claimed): Generator<TickCheck> {
  const { stages, values } = claimed;
  const told = stages.map(({ stage }) => stage).join(', ');
  const want = [...values.keys()].join(', ');
  if (told !== want)
    return yield bad('classes', `claims of the ranks ${told || 'none'}, the program has ${want}`);
  for (const record of stages) {
    const wrong = wrongIn(model, record, claimed);
    const proved = `${record.value} of at most ${record.bound}, gap ${(record.gap * 100).toFixed(3)} %`;
    yield wrong === null ? good(`class ${record.class}`, proved) : bad(`class ${record.class}`, wrong);
  }
}

function wrongIn(model: Model, record: StageRecord, { granted, values, digest }: Claimed): string | null {
  const { stage, value, bound, gap } = record;
  const want = values.get(stage);
  if (value !== want) return `claims a value of ${value}, the plan is worth ${want}`;
  if (record.frozenDigest !== frozenDigest(model, { granted, stage, digest }))
    return 'names other frozen grants than the plan has in higher classes';
  const certificate = certificateOf(model, record);
  if (typeof certificate === 'string') return certificate;
  const frozen = granted.map((entry, j) => (model.stage[model.group[j]!]! < stage ? entry : 0));
  const proof = boundOf(model, { stage, frozen, certificate });
  if (!proof.ok) return `the proof fails at ${proof.of} ${proof.at}: ${proof.fault}`;
  if (proof.bound !== BigInt(bound))
    return `claims a bound of ${bound}, its multipliers prove ${proof.bound}`;
  if (gap !== gapOf(bound, value))
    return `claims a gap of ${gap}, value and bound make ${gapOf(bound, value)}`;
  return null;
}

/** Whole requests that fit into what is left. Of one that had more combinations than the program holds, the next tick looks at others. */
function* conservationChecks(
  snapshot: Snapshot,
  { plan, formulation, open }: { plan: Plan; formulation: Formulation; open: string[] },
): Generator<TickCheck> {
  const { idle, unsearched } = workConservation(snapshot, plan);
  const leftOver = idle.filter(({ request }) => !formulation.leftOut.has(request));
  const [first] = leftOver;
  // A promised start that took other units than were promised, or none at all, sets those free, and this program could not know it.
  const frees = freesPromised(snapshot.reservations, plan);
  if (first !== undefined && !frees) {
    const where = first.pools.join(' and ');
    return yield bad(
      'conservation',
      `${first.request} waits, and its option ${first.option} fits on ${where}`,
    );
  }
  if (first !== undefined)
    open.push(
      `${leftOver.length} requests fit where a promise ended with this tick, and are the next tick's`,
    );
  const later = idle.length - leftOver.length;
  if (later > 0) open.push(`${later} requests fit by combinations that this program left to the next tick`);
  if (unsearched.length > 0)
    open.push(`of ${unsearched.length} requests the search for room ran out of steps`);
  yield good('conservation', 'no waiting request fits whole into what is left');
}

function nameOf(model: Model, broken: Exclude<ReturnType<typeof checkPlan>, { ok: true }>): string {
  if (broken.broken === 'entry') return `column ${broken.column}`;
  if (broken.broken === 'group') return `${broken.group}: ${broken.lhs} columns of one request`;
  return `${model.rowNames[broken.row] ?? broken.row}: ${broken.lhs} of ${broken.rhs}`;
}

function meaningOf(meaning: ColumnMeaning): string {
  if (meaning.type === 'request') return meaning.request.request.id;
  if (meaning.type === 'gang') return `the gang of ${meaning.services[0]?.request.request.id}`;
  return `an extension of ${meaning.lease.id}`;
}
