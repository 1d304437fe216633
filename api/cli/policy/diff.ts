// `annona policy diff OLD NEW`: who is newly allowed, newly denied or judged otherwise, each with the simplest row that shows it.
// Invariant: it says what it compared, and that beyond it nothing is proved; newly allowed is an exit code of its own.
import {
  comparedWith,
  type DiffGroup,
  diffPolicies,
  type Explanation,
  type PolicyData,
  type PolicyDiff,
} from '../../../policies/index.ts';
import { CommandError, type CommandIo, EXIT } from '../io.ts';
import { withPair } from './pair.ts';
import { type DataOptions, dataOf, subjectsAt } from './subject.ts';

export interface DiffOptions extends DataOptions {
  /** Fields in which a row may differ from the usual one. */
  readonly fields?: string;
  /** Rows compared at most. */
  readonly rows?: string;
}

interface Compared {
  readonly old: string;
  readonly new: string;
}

const FIELDS_MOST = 4;
const GROUPS_SHOWN = 20;
const TITLES: Readonly<Record<DiffGroup['kind'], string>> = {
  newlyAllowed: 'newly allowed',
  newlyDenied: 'newly denied',
  obligations: 'other obligations',
  reasons: 'denied for other reasons',
  warnings: 'other warnings',
};

export async function diff(compared: Compared, options: DiffOptions, io: CommandIo): Promise<number> {
  const fieldsMost = whole(options.fields ?? '2', { name: '--fields', most: FIELDS_MOST });
  const rowsMost = whole(options.rows ?? '2000000', { name: '--rows', most: Number.MAX_SAFE_INTEGER });
  const subjects = await subjectsAt(compared, options, io);
  if (!subjects) return EXIT.checkFailed;
  const { old: older, new: newer } = subjects;
  const data = (await dataOf(options, [newer, older], io)) as PolicyData;
  const bundles = { old: older.bundle, new: newer.bundle, data };
  const literals = comparedWith([older.bundle, newer.bundle]);
  const answer = await withPair(bundles, (pair) =>
    diffPolicies({
      ...pair,
      data,
      literals,
      fieldsMost,
      rowsMost,
      progress: (done, of) => io.progress(`${done} of ${of} rows`),
    }),
  );
  io.progress('');
  if (options.json) {
    const revisions = { old: older.bundle.manifest.revision, new: newer.bundle.manifest.revision };
    io.out(JSON.stringify({ ...revisions, fields: fieldsMost, bounded: true, literals, ...answer }));
  } else for (const line of linesOf(answer, fieldsMost)) io.out(line);
  return answer.counts.newlyAllowed > 0 ? EXIT.checkFailed : EXIT.done;
}

function linesOf(answer: PolicyDiff, fieldsMost: number): string[] {
  const { groups, counts, compared, planned } = answer;
  const lines = groups.slice(0, GROUPS_SHOWN).flatMap(groupLines);
  if (groups.length > GROUPS_SHOWN)
    lines.push(`${groups.length - GROUPS_SHOWN} more groups of differences: --json shows them all`);
  const found =
    groups.length === 0
      ? 'no difference'
      : `${counts.newlyAllowed} newly allowed, ${counts.newlyDenied} newly denied`;
  const whole = compared < planned ? `the first ${compared} of ${planned} rows (--rows)` : `${compared} rows`;
  return [
    ...lines,
    `${found} in ${whole}: those that differ in at most ${fieldsMost} ${fieldsMost === 1 ? 'field' : 'fields'} from the usual row of each department and class, at every limit less one, at it and one more`,
    'bounded: rows that differ in more fields, or at values that neither data nor policies name, were not compared',
  ];
}

function groupLines(group: DiffGroup): string[] {
  const { kind, gone, come, rows, departments, row, changed } = group;
  const codes = [...gone.map((code) => `-${code}`), ...come.map((code) => `+${code}`)].join(' ');
  const where = departments.slice(0, 5).map(([name, count]) => `${name} ${count}`);
  if (departments.length > 5) where.push(`${departments.length - 5} more`);
  const shown = ['department', 'class', ...changed] as const;
  const fields = shown.map((field) => `${field} ${JSON.stringify(row[field])}`).join(', ');
  return [
    `${TITLES[kind]}  ${codes}  ${rows} rows (${where.join(', ')})`,
    `    ${fields}`,
    ...findingLines('old', group.before, gone),
    ...findingLines('new', group.after, come),
  ];
}

function findingLines(which: string, { findings }: Explanation, codes: readonly string[]): string[] {
  return findings
    .filter(({ code }) => codes.includes(code))
    .map(
      ({ code, want, limit }) =>
        `    ${which} ${code}: wanted ${JSON.stringify(want)}, limit ${JSON.stringify(limit)}`,
    );
}

function whole(text: string, { name, most }: { readonly name: string; readonly most: number }): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= most) return value;
  throw new CommandError(`${name} ${text} is not a whole number from 1 to ${most}`, EXIT.usage);
}
