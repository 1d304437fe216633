// `annona policy impact OLD NEW`: what another policy would have decided of requests that were made, by department and rule.
// Invariant: both policies judge the same rows under the same organisation, that of the record unless another is given.
import {
  type ImpactLine,
  impactOf,
  type PolicyImpact,
  type PolicyRecord,
  parseRecord,
} from '../../../policies/index.ts';
import { CommandError, type CommandIo, EXIT } from '../io.ts';
import type { Options } from '../remote/spec.ts';
import { withPair } from './pair.ts';
import { table } from './print.ts';
import { readJson } from './sources.ts';
import { type DataOptions, dataOf, subjectsAt } from './subject.ts';

export interface ImpactOptions extends DataOptions {
  /** What `annona record` wrote. */
  readonly record?: string;
  readonly organisation?: string;
}

interface Compared {
  readonly old: string;
  readonly new: string;
}

const TITLES: Readonly<Record<ImpactLine['kind'], string>> = {
  newlyAllowed: 'newly allowed',
  newlyDenied: 'newly denied',
  obligations: 'other obligations',
  reasons: 'other reasons',
  warnings: 'other warnings',
};

/** `directory` of the options is that of the server's data, as for every command that calls one. */
export async function impact(
  compared: Compared,
  options: ImpactOptions & Options,
  io: CommandIo,
): Promise<number> {
  const read = { ...(options.json === true && { json: true }) };
  const subjects = await subjectsAt(compared, read, io);
  if (!subjects) return EXIT.checkFailed;
  const { old: older, new: newer } = subjects;
  const recorded = await recordedBy(options, io);
  const { data: file, organisation: directory } = options;
  const isGiven = file !== undefined || directory !== undefined;
  const given = { ...(file !== undefined && { data: file }), ...(directory !== undefined && { directory }) };
  const data = isGiven ? await dataOf(given, [], io) : recorded.data;
  const bundles = { old: older.bundle, new: newer.bundle, data };
  const answer = await withPair(bundles, (pair) => impactOf(recorded, pair));
  const revisions = { old: older.bundle.manifest.revision, new: newer.bundle.manifest.revision };
  if (options.json === true) io.out(JSON.stringify({ ...revisions, ...answer }));
  else for (const line of linesOf(answer)) io.out(line);
  return EXIT.done;
}

async function recordedBy(options: ImpactOptions & Options, io: CommandIo): Promise<PolicyRecord> {
  if (options.record !== undefined) {
    if (options.url !== undefined)
      throw new CommandError('--record and --url both say where the requests are: leave out one', EXIT.usage);
    const value = await readJson(options.record);
    try {
      return parseRecord(value);
    } catch (error) {
      throw new CommandError(
        `${options.record}: ${error instanceof Error ? error.message : error}`,
        EXIT.usage,
      );
    }
  }
  const { recordOf } = await import('../remote/recordRuns.ts');
  const { json: _, ...rest } = options;
  return recordOf({ args: [], options: rest as Options, name: 'annona policy impact', role: 'operator', io });
}

function linesOf({ requests, changed, lines }: PolicyImpact): string[] {
  const count = (kind: ImpactLine['kind']): number =>
    lines.reduce((sum, line) => sum + (line.kind === kind ? line.requests : 0), 0);
  const said = `${changed} of ${requests} ${requests === 1 ? 'request' : 'requests'} changed`;
  if (changed === 0) return [`${said}: both policies decide alike`];
  const rows = lines.map((line) => [
    line.department,
    TITLES[line.kind],
    line.codes.join(' '),
    `${line.requests}`,
    line.example,
  ]);
  return [
    ...table([['department', 'change', 'rules', 'requests', 'example'], ...rows]),
    `${said}: ${count('newlyAllowed')} newly allowed, ${count('newlyDenied')} newly denied`,
  ];
}
