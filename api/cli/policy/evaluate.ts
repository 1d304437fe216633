// `annona policy eval` and `explain`: one request before a bundle or its sources, with the data of the vectors or of a file.
// Invariant: the answer is the engine's that the tick asks; a denial is an answer, with its own exit code.
import { statSync } from 'node:fs';
import {
  type Explanation,
  loadPolicy,
  type PolicyBundle,
  type PolicyConstraints,
  PolicyRefused,
  type PolicyRow,
  type PolicyRule,
  type PolicyService,
  ruleOf,
} from '../../../policies/index.ts';
import { readBundle, workerPolicy } from '../../../policies/node.ts';
import { CommandError, type CommandIo, EXIT } from '../io.ts';
import { showConstraints } from './constraints.ts';
import { table } from './print.ts';
import { author, bundleOf, type ReadOptions, readJson } from './sources.ts';

export interface EvaluateOptions extends ReadOptions {
  /** JSON file: what the policies know of the organisation. */
  readonly data?: string;
  /** The bundle's constraints alone; no request is read. */
  readonly constraints?: boolean;
}

interface Subject {
  readonly bundle: PolicyBundle;
  readonly data: unknown;
  readonly row: object;
}

interface Asked {
  readonly where: string;
  readonly request: string;
}

/** Prints the outcome and the codes. */
export async function evaluate(asked: Asked, options: EvaluateOptions, io: CommandIo): Promise<number> {
  return judged(asked, { ...options, show: showVerdict }, io);
}

/** Prints every rule: hit or clean, what was wanted, the limit, the remedy. */
export async function explainRequest(asked: Asked, options: EvaluateOptions, io: CommandIo): Promise<number> {
  return options.constraints === true
    ? listed(asked.where, options, io)
    : judged(asked, { ...options, show: showRules }, io);
}

async function listed(where: string, options: EvaluateOptions, io: CommandIo): Promise<number> {
  const subject = await subjectOf(where, options, io);
  if (!subject) return EXIT.checkFailed;
  const { revision } = subject.bundle.manifest;
  const constraints = await asking(subject, async (service) => service.constraints);
  if (options.json) io.out(JSON.stringify({ revision, constraints }));
  else if (constraints.list.length === 0) io.err('the bundle has no constraints');
  else for (const line of showConstraints(constraints)) io.out(line);
  return EXIT.done;
}

interface Shown {
  readonly explained: Explanation;
  readonly rules: readonly RuleAnswer[];
  readonly constraints: PolicyConstraints;
}

type Show = (shown: Shown) => string[];

async function judged(
  asked: Asked,
  options: EvaluateOptions & { readonly show: Show },
  io: CommandIo,
): Promise<number> {
  const request = await readJson(asked.request);
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    throw new CommandError(`${asked.request} must be one JSON object: the row of a request`, EXIT.usage);
  const subject = await subjectOf(asked.where, options, io);
  if (!subject) return EXIT.checkFailed;
  const row = { ...subject.row, ...request } as PolicyRow;
  const [explained, constraints] = await asking(subject, async (service) => [
    await service.explain(row),
    service.constraints,
  ]);
  const rules = answersOf(subject.bundle, row, explained);
  const { verdict } = explained;
  const { revision } = subject.bundle.manifest;
  if (options.json) io.out(JSON.stringify({ revision, verdict, rules, constraints }));
  else for (const line of options.show({ explained, rules, constraints })) io.out(line);
  return verdict.outcome === 'allow' ? EXIT.done : EXIT.denied;
}

async function asking<T>({ bundle, data }: Subject, ask: (service: PolicyService) => Promise<T>): Promise<T> {
  try {
    // Loading judges the data; the worker then gives the engine a deadline.
    await loadPolicy({ ...bundle, data });
    const service = await workerPolicy({ bundle, data: data as never });
    try {
      return await ask(service);
    } finally {
      await service.close();
    }
  } catch (error) {
    if (error instanceof PolicyRefused) throw new CommandError(error.message, EXIT.usage);
    throw error;
  }
}

async function subjectOf(
  where: string,
  options: EvaluateOptions,
  io: CommandIo,
): Promise<Subject | undefined> {
  const given = options.data === undefined ? undefined : await readJson(options.data);
  const isFolder = statSync(where, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder) {
    const bundle = await storedBundle(where);
    const vectors = options.vectors === undefined ? undefined : await readJson(options.vectors);
    const { data, row } = (vectors ?? {}) as { data?: unknown; row?: object };
    return { bundle, data: needData(given ?? data), row: row ?? {} };
  }
  const authored = await author([where], options, io);
  try {
    const answer = await authored.ask('build');
    if (!answer) return undefined;
    const { vectors } = authored;
    return { bundle: bundleOf(answer), data: needData(given ?? vectors?.data), row: vectors?.row ?? {} };
  } finally {
    await authored.close();
  }
}

async function storedBundle(where: string): Promise<PolicyBundle> {
  const prefix = where.replace(/\.(wasm|manifest\.json)$/, '');
  try {
    return await readBundle(prefix);
  } catch (error) {
    if (error instanceof PolicyRefused || (error instanceof Error && 'syscall' in error))
      throw new CommandError(
        `${error.message}; want a folder of policies or what annona policy build wrote`,
        EXIT.usage,
      );
    throw error;
  }
}

function needData(data: unknown): unknown {
  if (data !== undefined) return data;
  throw new CommandError(
    'the policies need to know the organisation: --data FILE, or a vectors.json with data',
    EXIT.usage,
  );
}

export interface RuleAnswer {
  readonly code: string;
  readonly mode: string;
  readonly hit: boolean;
  readonly field: string | null;
  readonly want: unknown;
  readonly limit: unknown;
  readonly remedy: string;
}

/** The bundle's rules in its own order, then the host's own codes that hit. */
function answersOf({ manifest }: PolicyBundle, row: PolicyRow, { findings }: Explanation): RuleAnswer[] {
  const hits = new Map(findings.map((finding) => [finding.code, finding]));
  const own = manifest.rules.map((rule) => rule.code);
  const all = [...own, ...[...hits.keys()].filter((code) => !own.includes(code))];
  return all.map((code) => {
    const rule = ruleOf(manifest, code) as PolicyRule;
    const hit = hits.get(code);
    const field = hit?.field ?? rule.field;
    const asked = Object.hasOwn(row, field) ? row[field as keyof PolicyRow] : null;
    return {
      code,
      mode: rule.obligation ? 'obligation' : rule.mode,
      hit: hit !== undefined,
      field: field === '' ? null : field,
      want: hit?.want ?? asked,
      limit: hit?.limit ?? null,
      remedy: rule.remedy,
    };
  });
}

function showVerdict({ explained: { verdict }, rules }: Shown): string[] {
  const hits = rules.filter((rule) => rule.hit);
  const lines = hits.map((rule) => `  ${rule.code} (${rule.mode}): ${rule.remedy}`);
  return [verdict.outcome, ...lines];
}

function showRules({ explained: { verdict }, rules, constraints }: Shown): string[] {
  const said = (value: unknown): string => (value === null ? '-' : JSON.stringify(value));
  const rows = rules.map((rule) => [
    rule.code,
    rule.mode,
    rule.hit ? 'hit' : 'clean',
    rule.field ?? '-',
    said(rule.want),
    rule.hit ? said(rule.limit) : '',
    rule.hit ? rule.remedy : '',
  ]);
  return [
    verdict.outcome,
    ...table([['code', 'mode', 'answer', 'field', 'wanted', 'limit', 'remedy'], ...rows]),
    ...showConstraints(constraints),
  ];
}
