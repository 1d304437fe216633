// `annona policy eval` and `explain`: one request before a bundle or its sources, under the organisation that is given.
// Invariant: the answer is the engine's that the tick asks; a denial is an answer, with its own exit code.
import {
  type Explanation,
  type HostCode,
  loadPolicy,
  type PolicyBundle,
  type PolicyConstraints,
  PolicyRefused,
  type PolicyRow,
  type PolicyRule,
  type PolicyService,
  ROW_FIELDS,
  ruleOf,
} from '../../../policies/index.ts';
import { workerPolicy } from '../../../policies/node.ts';
import { CommandError, type CommandIo, EXIT } from '../io.ts';
import { showConstraints } from './constraints.ts';
import { table } from './print.ts';
import { readJson } from './sources.ts';
import { type DataOptions, dataOf, subjectAt } from './subject.ts';

export interface EvaluateOptions extends DataOptions {
  /** The bundle's constraints alone; no request is read. */
  readonly constraints?: boolean;
}

interface Judge {
  readonly bundle: PolicyBundle;
  readonly data: unknown;
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
  const subject = await subjectAt(where, options, io);
  if (!subject) return EXIT.checkFailed;
  const { bundle } = subject;
  const { revision } = bundle.manifest;
  const data = await dataOf(options, [subject], io);
  const constraints = await asking({ bundle, data }, async (service) => service.constraints);
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
  // Left out, it would be judged by its usual value: allowed, and the author none the wiser.
  const unknown = Object.keys(request).find((key) => !(ROW_FIELDS as readonly string[]).includes(key));
  if (unknown !== undefined)
    throw new CommandError(
      `${asked.request}: ${unknown} is no field of a row; those are ${ROW_FIELDS.join(', ')}`,
      EXIT.usage,
    );
  const subject = await subjectAt(asked.where, options, io);
  if (!subject) return EXIT.checkFailed;
  const data = await dataOf(options, [subject], io);
  const row = { ...subject.vectors.row, ...request } as PolicyRow;
  const [explained, constraints] = await asking({ bundle: subject.bundle, data }, async (service) => [
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

async function asking<T>({ bundle, data }: Judge, ask: (service: PolicyService) => Promise<T>): Promise<T> {
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

export interface RuleAnswer {
  readonly code: string;
  readonly mode: string;
  /** Null: no rule was asked, as the row cannot be put before one or the policy gave no answer. */
  readonly hit: boolean | null;
  readonly field: string | null;
  readonly want: unknown;
  readonly limit: unknown;
  readonly remedy: string;
}

const UNASKED: readonly HostCode[] = ['POLICY_INPUT_INVALID', 'POLICY_ERROR', 'POLICY_TIMEOUT'];

/** The bundle's rules in its own order, then the host's own codes that hit. */
function answersOf({ manifest }: PolicyBundle, row: PolicyRow, { findings }: Explanation): RuleAnswer[] {
  const hits = new Map(findings.map((finding) => [finding.code, finding]));
  const own = manifest.rules.map((rule) => rule.code);
  const isAsked = UNASKED.every((code) => !hits.has(code));
  const all = [...own, ...[...hits.keys()].filter((code) => !own.includes(code))];
  return all.map((code) => {
    const rule = ruleOf(manifest, code) as PolicyRule;
    const hit = hits.get(code);
    const field = hit?.field ?? rule.field;
    const asked = Object.hasOwn(row, field) ? row[field as keyof PolicyRow] : null;
    return {
      code,
      mode: rule.obligation ? 'obligation' : rule.mode,
      hit: hit !== undefined || (isAsked ? false : null),
      field: field === '' ? null : field,
      want: hit?.want ?? asked,
      limit: hit?.limit ?? null,
      remedy: rule.remedy,
    };
  });
}

function showVerdict({ explained: { verdict }, rules }: Shown): string[] {
  const hits = rules.filter((rule) => rule.hit === true);
  const lines = hits.map(({ code, mode, field, limit, remedy }) => {
    const what = code === 'POLICY_INPUT_INVALID' ? `${field} must be ${limit}. ` : '';
    return `  ${code} (${mode}): ${what}${remedy}`;
  });
  return [verdict.outcome, ...lines];
}

function showRules({ explained: { verdict }, rules, constraints }: Shown): string[] {
  const said = (value: unknown): string => (value === null ? '-' : JSON.stringify(value));
  const rows = rules.map((rule) => [
    rule.code,
    rule.mode,
    rule.hit === null ? '-' : rule.hit ? 'hit' : 'clean',
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
