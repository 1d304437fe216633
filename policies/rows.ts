// Rows on their way in: what may be put before a policy, and the columns it is sent as.
// Invariant: only rows without a fault are encoded, so one bad string cannot make a whole batch throw.
import { bytesOf, isRecord } from './bundle.ts';
import type { JsonValue, PolicyRow } from './verdict.ts';

const TEXT_LENGTH_MAX = 256;
// The purpose is prose for reviewers; 500 rows of this length parse well within the default 32 MiB.
const PURPOSE_LENGTH_MAX = 2_000;
const LIST_LENGTH_MAX = 64;

export interface RowFault {
  readonly field: string;
  readonly limit: string;
}

const TEXT = `well-formed text of 1 to ${TEXT_LENGTH_MAX} characters`;
const TEXTS = `at most ${LIST_LENGTH_MAX} texts, each well-formed and of 1 to ${TEXT_LENGTH_MAX} characters`;
const AMOUNT = 'a whole number from 0 to 2^53 - 1';

/** What each field must be, in the words of a refusal. */
const LIMITS: Readonly<Record<keyof PolicyRow, string>> = {
  department: TEXT,
  agent: TEXT,
  roles: TEXTS,
  skills: TEXTS,
  clearance: AMOUNT,
  class: TEXT,
  classification: AMOUNT,
  purpose: `well-formed text of at most ${PURPOSE_LENGTH_MAX} characters`,
  durationSeconds: AMOUNT,
  preemptible: 'true or false',
  quantities: `1 to ${LIST_LENGTH_MAX} kinds, each with ${AMOUNT}`,
  models: TEXTS,
  datasets: TEXTS,
  costMinor: AMOUNT,
  hour: 'a whole number from 0 to 23',
  weekday: 'a whole number from 0 to 6',
};

export const ROW_FIELDS = Object.keys(LIMITS) as readonly (keyof PolicyRow)[];

/** Each field by a function of its own: one place that reads every field by its name is several times slower. */
export const FIELD_READERS: Readonly<Record<keyof PolicyRow, (row: PolicyRow) => JsonValue>> = {
  department: (row) => row.department,
  agent: (row) => row.agent,
  roles: (row) => row.roles,
  skills: (row) => row.skills,
  clearance: (row) => row.clearance,
  class: (row) => row.class,
  classification: (row) => row.classification,
  purpose: (row) => row.purpose,
  durationSeconds: (row) => row.durationSeconds,
  preemptible: (row) => row.preemptible,
  quantities: (row) => row.quantities,
  models: (row) => row.models,
  datasets: (row) => row.datasets,
  costMinor: (row) => row.costMinor,
  hour: (row) => row.hour,
  weekday: (row) => row.weekday,
};

export type PolicyColumns = { readonly [Field in keyof PolicyRow]: PolicyRow[Field][] };

/** Every field of the rows, in one pass: a call for each row and field took three times as long. */
export function columnsOf(rows: readonly PolicyRow[]): PolicyColumns {
  const empty = <T>(): T[] => new Array(rows.length);
  const columns: PolicyColumns = {
    department: empty(),
    agent: empty(),
    roles: empty(),
    skills: empty(),
    clearance: empty(),
    class: empty(),
    classification: empty(),
    purpose: empty(),
    durationSeconds: empty(),
    preemptible: empty(),
    quantities: empty(),
    models: empty(),
    datasets: empty(),
    costMinor: empty(),
    hour: empty(),
    weekday: empty(),
  };
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] as PolicyRow;
    columns.department[i] = row.department;
    columns.agent[i] = row.agent;
    columns.roles[i] = row.roles;
    columns.skills[i] = row.skills;
    columns.clearance[i] = row.clearance;
    columns.class[i] = row.class;
    columns.classification[i] = row.classification;
    columns.purpose[i] = row.purpose;
    columns.durationSeconds[i] = row.durationSeconds;
    columns.preemptible[i] = row.preemptible;
    columns.quantities[i] = row.quantities;
    columns.models[i] = row.models;
    columns.datasets[i] = row.datasets;
    columns.costMinor[i] = row.costMinor;
    columns.hour[i] = row.hour;
    columns.weekday[i] = row.weekday;
  }
  return columns;
}

/** The first fault of a row, or undefined. Takes anything: a row from a log or a test may be no row at all. */
export function faultOf(row: unknown): RowFault | undefined {
  if (!isRecord(row)) return { field: '', limit: 'an object' };
  const field = faultyField(row);
  return field && { field, limit: LIMITS[field] };
}

/** Every row of every tick comes through here: read by name, as above. */
function faultyField(row: Readonly<Partial<Record<keyof PolicyRow, unknown>>>): keyof PolicyRow | undefined {
  if (!isText(row.department)) return 'department';
  if (!isText(row.agent)) return 'agent';
  if (!isTexts(row.roles)) return 'roles';
  if (!isTexts(row.skills)) return 'skills';
  if (!isAmount(row.clearance)) return 'clearance';
  if (!isText(row.class)) return 'class';
  if (!isAmount(row.classification)) return 'classification';
  if (!isPurpose(row.purpose)) return 'purpose';
  if (!isAmount(row.durationSeconds)) return 'durationSeconds';
  if (typeof row.preemptible !== 'boolean') return 'preemptible';
  if (!isQuantities(row.quantities)) return 'quantities';
  if (!isTexts(row.models)) return 'models';
  if (!isTexts(row.datasets)) return 'datasets';
  if (!isAmount(row.costMinor)) return 'costMinor';
  if (!isHour(row.hour)) return 'hour';
  if (!isWeekday(row.weekday)) return 'weekday';
  return undefined;
}

/** The batch as one array per field. Only for rows without a fault. */
export function encodeRows(tick: string, rows: readonly PolicyRow[]): ArrayBuffer {
  return bytesOf(JSON.stringify({ tick, ...columnsOf(rows) }));
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= TEXT_LENGTH_MAX && value.isWellFormed();
}

function isPurpose(value: unknown): boolean {
  return typeof value === 'string' && value.length <= PURPOSE_LENGTH_MAX && value.isWellFormed();
}

function isTexts(value: unknown): boolean {
  if (!Array.isArray(value) || value.length > LIST_LENGTH_MAX) return false;
  // By index: a hole is not text.
  for (let at = 0; at < value.length; at += 1) if (!isText(value[at])) return false;
  return true;
}

function isAmount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isHour(value: unknown): boolean {
  return isAmount(value) && (value as number) < 24;
}

function isWeekday(value: unknown): boolean {
  return isAmount(value) && (value as number) < 7;
}

function isQuantities(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const kinds = Object.keys(value);
  if (kinds.length === 0 || kinds.length > LIST_LENGTH_MAX) return false;
  for (const kind of kinds) if (!isText(kind) || !isAmount(value[kind])) return false;
  return true;
}
