// The files as one tree: list sections are joined, single sections stand in one file. Each entry keeps its place. Called by load.ts.
// Invariant: an entry in a list here has the shape of its type; names are collected from broken entries too, so that one mistake
// is reported once and not again by everything that refers to it.

import { CLASSIFICATIONS, type Classification } from '../../scheduler/index.ts';
import { kindsMade, nodesProblems } from './nodePools.ts';
import type { Problem } from './problem.ts';
import {
  type Entry,
  field,
  isSound,
  itemsBelow,
  itemsOf,
  type RawEntry,
  type RawTree,
  rawTree,
  type SectionName,
  type ShapedSource,
} from './raw.ts';
import type {
  AccountEntry,
  AgentGroup,
  ClassEntry,
  CohortEntry,
  DepartmentEntry,
  FairnessEntry,
  LeaseTermsEntry,
  QuotaEntry,
  ReservationsEntry,
} from './schema.ts';
import type { CellEntry } from './schemaCells.ts';
import type { PolicyLimitsEntry } from './schemaLimits.ts';
import type { PoolEntry } from './schemaPools.ts';
import { poolsOf, seriesProblems } from './series.ts';

/** The names that a reference may use. Incomplete: something that could not be read may have made more, so no reference is wrong. */
export interface Names {
  readonly all: ReadonlySet<string>;
  readonly complete: boolean;
}

export interface GroupEntry extends Entry<AgentGroup> {
  readonly department: string;
  /** Null when the department's own entry does not say it rightly. */
  readonly ceiling: Classification | null;
}

export interface Sections {
  readonly organisation: Entry<string> | null;
  readonly cell: Entry<string> | null;
  /** None where the tree is one cell. */
  readonly cells: readonly Entry<CellEntry>[];
  readonly classes: Entry<readonly ClassEntry[]> | null;
  readonly leaseTerms: Entry<LeaseTermsEntry> | null;
  readonly fairness: Entry<FairnessEntry> | null;
  readonly reservations: Entry<ReservationsEntry> | null;
  readonly policyLimits: Entry<PolicyLimitsEntry> | null;
  readonly skills: Entry<readonly string[]> | null;
  readonly departments: readonly Entry<DepartmentEntry>[];
  readonly groups: readonly GroupEntry[];
  readonly pools: readonly Entry<PoolEntry>[];
  /** Every pool that is written could be read, agents' included: sums over them mean something. */
  readonly poolsComplete: boolean;
  readonly cohorts: readonly Entry<CohortEntry>[];
  readonly quotas: readonly Entry<QuotaEntry>[];
  readonly accounts: readonly Entry<AccountEntry>[];
  readonly names: SectionNames;
}

export interface SectionNames {
  readonly department: Names;
  readonly account: Names;
  readonly cohort: Names;
  /** Cohorts that quotas or cohorts within them name. */
  readonly cohortInUse: Names;
  readonly class: Names;
  readonly kind: Names;
  readonly skill: Names;
}

export type { Entry };

const REQUIRED: readonly SectionName[] = [
  'organisation',
  'cell',
  'classes',
  'leaseTerms',
  'departments',
  'pools',
];
const SINGLE: readonly SectionName[] = [
  'organisation',
  'cell',
  'classes',
  'leaseTerms',
  'fairness',
  'reservations',
  'policyLimits',
  'skills',
];

interface RawGroup extends RawEntry {
  readonly department: string;
  readonly ceiling: Classification | null;
}

export function gatherSections(sources: readonly ShapedSource[]): {
  readonly sections: Sections;
  readonly problems: readonly Problem[];
} {
  const readable = sources.every((source) => source.readable);
  const raw = rawTree(sources);
  const items = (name: SectionName) => (raw.get(name) ?? []).flatMap(itemsOf);
  const list = <T>(name: SectionName, inner?: string) =>
    items(name).filter((item) => isSound(item, inner)) as Entry<unknown>[] as Entry<T>[];
  const single = <T>(name: SectionName) =>
    ((raw.get(name) ?? []).find((entry) => isSound(entry)) as Entry<T> | undefined) ?? null;
  const groups = items('departments').flatMap(groupsOf);
  const series = items('pools').flatMap((entry) => [...seriesProblems(entry), ...nodesProblems(entry)]);
  const problems = [...(readable ? missing(raw, sources) : []), ...repeated(raw), ...series];
  const whole = [...(raw.get('pools') ?? []), ...groups].every((entry) => isSound(entry));
  return {
    problems,
    sections: {
      organisation: single('organisation'),
      cell: single('cell'),
      cells: list('cells'),
      classes: single('classes'),
      leaseTerms: single('leaseTerms'),
      fairness: single('fairness'),
      reservations: single('reservations'),
      policyLimits: single('policyLimits'),
      skills: single('skills'),
      departments: list('departments', 'agents'),
      groups: groups.filter((group) => isSound(group)) as (RawGroup & GroupEntry)[],
      pools: items('pools').flatMap(poolsOf),
      poolsComplete: readable && whole && series.length === 0,
      cohorts: list('cohorts'),
      quotas: list('quotas'),
      accounts: list('accounts'),
      names: namesOf(raw, groups, readable),
    },
  };
}

function namesOf(raw: RawTree, groups: readonly RawGroup[], readable: boolean): SectionNames {
  const fields = (section: SectionName, name: string) =>
    (raw.get(section) ?? []).flatMap(itemsOf).map(({ value }) => field(value, name));
  const names = (values: readonly unknown[], section: SectionName): Names => ({
    all: new Set(values.filter((value) => typeof value === 'string')),
    complete:
      readable &&
      values.every((value) => typeof value === 'string') &&
      (raw.has(section) || !REQUIRED.includes(section)) &&
      (raw.get(section) ?? []).every(({ value }) => Array.isArray(value)),
  });
  const department = names(fields('departments', 'id'), 'departments');
  const agent = groups.some(({ value }) => field(value, 'concurrency') !== undefined) ? ['agent'] : [];
  const kind = names([...(raw.get('pools') ?? []).flatMap(itemsOf).flatMap(kindsMade), ...agent], 'pools');
  const cohort = names(fields('cohorts', 'id'), 'cohorts');
  const named = [...fields('quotas', 'cohort'), ...fields('cohorts', 'parent')];
  const inUse = names(
    named.filter((one) => one !== undefined),
    'quotas',
  );
  return {
    department,
    account: names(fields('accounts', 'id'), 'accounts'),
    cohort,
    cohortInUse: { all: inUse.all, complete: inUse.complete && cohort.complete },
    class: names(fields('classes', 'name'), 'classes'),
    // Agents make a kind as well, and hang on their departments.
    kind: { all: kind.all, complete: kind.complete && department.complete },
    skill: names(
      (raw.get('skills') ?? []).flatMap(itemsOf).map(({ value }) => value),
      'skills',
    ),
  };
}

/** Of a tree whose files could all be read: another might hold the section. */
function missing(raw: RawTree, sources: readonly ShapedSource[]): readonly Problem[] {
  const file = (sources.find(({ source }) => source.file === 'organisation.yaml') ?? sources[0])!.source.file;
  const lacking = REQUIRED.filter((name) => !raw.has(name) && !(name === 'cell' && raw.has('cells')));
  return lacking.map((name) => ({
    file,
    line: 1,
    column: 1,
    message: `the section "${name}" stands in no file of the tree`,
  }));
}

function repeated(raw: RawTree): readonly Problem[] {
  return SINGLE.flatMap((name) => {
    const [first, ...others] = raw.get(name) ?? [];
    return others.map(({ source, path }) => ({
      file: source.file,
      ...source.position(path, 'key'),
      message: `the section "${name}" stands already in ${first!.source.file}`,
    }));
  });
}

function groupsOf(department: RawEntry): readonly RawGroup[] {
  const id = field(department.value, 'id');
  if (typeof id !== 'string') return [];
  const ceiling = CLASSIFICATIONS.find((one) => one === field(department.value, 'clearanceCeiling')) ?? null;
  return itemsBelow(department, 'agents').map((group) => ({ ...group, department: id, ceiling }));
}
