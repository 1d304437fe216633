// `annona tick FILE`: decides one tick file offline with the production engine, and prints decisions and certificate.
// A file that a failed tick was dumped as is decided the same way.

import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import {
  decideTickFile,
  parseTickFile,
  REASON_GUIDE,
  type Reason,
  type TickFileAnswer,
  type takeSnapshot,
} from '../../scheduler/index.ts';
import { createInProcessSolver, engineAbsence } from '../../solver/node.ts';
import { readConfig } from '../config.ts';
import { sha256 } from '../roles/digest.ts';
import { CommandError, type CommandIo, EXIT } from './io.ts';

type Snapshot = ReturnType<typeof takeSnapshot>;

/** Multipliers are integers over this. */
const MULTIPLIER_UNIT = 2 ** 20;

export async function tick(
  file: string,
  options: { readonly json?: boolean; readonly engine?: string },
  io: CommandIo,
): Promise<number> {
  const { engine } = readConfig({ engine: options.engine }, {});
  const absence = await engineAbsence(engine);
  if (absence !== null) throw new CommandError(absence);
  const parsed = parseTickFile(parseJson(await readDocument(file), file));
  if (!parsed.ok) {
    for (const { pointer, message, allowed } of parsed.problems) {
      io.err(`${file}${pointer || '/'}: ${message}${allowed ? ` (allowed: ${allowed.join(', ')})` : ''}`);
    }
    throw new CommandError(`${file} is no tick file; docs/tick-file.md describes one`, EXIT.usage);
  }
  const solver = await createInProcessSolver();
  try {
    const answer = await decideTickFile(parsed.snapshot, { solver, digest: sha256, engine });
    if (options.json) io.out(JSON.stringify(answer));
    else print(parsed.snapshot, answer, io);
    return EXIT.done;
  } finally {
    await solver.close();
  }
}

async function readDocument(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(
      `${file}: ${error.code === 'ENOENT' ? 'no such file' : error.message}`,
      EXIT.usage,
    );
  });
}

function parseJson(source: string, file: string): unknown {
  try {
    return JSON.parse(source);
  } catch (error) {
    throw new CommandError(
      `${file}: not JSON: ${error instanceof Error ? error.message : error}`,
      EXIT.usage,
    );
  }
}

function print(snapshot: Snapshot, answer: TickFileAnswer, io: CommandIo): void {
  const { pools, classes } = snapshot.configuration;
  const now = new Date(snapshot.now).toISOString();
  io.out(`requests ${answer.decisions.length}, pools ${pools.length}, classes ${classes.length}, at ${now}`);
  io.out('');
  printDecisions(snapshot, answer.decisions, io);
  for (const { outcome, extension, endsAt, reasons } of answer.extensions) {
    const until = endsAt === null ? '' : `until ${new Date(endsAt).toISOString()}`;
    io.out(`${outcome.padEnd(8)} ${extension}  ${until || reasons.map(sentence).join('; ')}`);
  }
  io.out('');
  printCertificate(answer, io);
  printAdvice(answer, io);
  if (answer.solution?.replayable === false) {
    io.out(`engine   ${answer.solution.engineBuild}; a clock limited its tree: not replayable`);
  }
  io.out(
    `digests  snapshot ${answer.digests.snapshot.slice(0, 16)}, plan ${answer.digests.plan.slice(0, 16)}`,
  );
}

function printDecisions(snapshot: Snapshot, decisions: TickFileAnswer['decisions'], io: CommandIo): void {
  const asked = new Map(snapshot.requests.map(({ request }) => [request.id, request]));
  const rows = decisions.flatMap((decision) => {
    const request = asked.get(decision.request);
    const who = request === undefined ? '' : `${request.department}/${request.agent}`;
    const where = decision.allocations.map(
      ({ quantity, pool, window }) => `${quantity} of ${pool}${window === undefined ? '' : ` in ${window}`}`,
    );
    const told = where.length > 0 ? [where.join(', ')] : decision.reasons.map(sentence);
    const first = [decision.outcome, decision.request, request?.terms.class ?? '', who];
    return told.map((text, i) => [...(i === 0 ? first : ['', '', '', '']), text]);
  });
  for (const line of table(rows)) io.out(line);
}

/** Per class what was reached and what nobody could pass; a price is what one more unit of a row would have been worth. */
function printCertificate({ stages }: TickFileAnswer, io: CommandIo): void {
  const rows = stages.map(({ name, value, bound, gap, method }) => [
    name,
    String(value),
    String(bound),
    `${(gap * 100).toFixed(3)} %`,
    method,
  ]);
  for (const line of table([['class', 'value', 'proven bound', 'gap', 'method'], ...rows])) io.out(line);
  const prices = stages.flatMap(({ name, multipliers }) =>
    multipliers.map(([row, numerator]) => [
      `price in ${name}`,
      row,
      (numerator / MULTIPLIER_UNIT).toFixed(1),
    ]),
  );
  for (const line of table(prices)) io.out(line);
  io.out('');
}

/** Once a code, in the order in which the codes came up. */
function printAdvice({ decisions, extensions }: TickFileAnswer, io: CommandIo): void {
  const codes = new Set(
    [...decisions, ...extensions].flatMap(({ reasons }) => reasons.map(({ code }) => code)),
  );
  if (codes.size === 0) return;
  const rows = [...codes].map((code) => [code, REASON_GUIDE[code].actor, REASON_GUIDE[code].advice]);
  for (const line of table([['code', 'acts next', 'how'], ...rows])) io.out(line);
  io.out('');
}

/** A reason with its numbers, as one line. */
function sentence(reason: Reason): string {
  switch (reason.code) {
    case 'POOL_FULL':
    case 'WINDOW_FULL':
    case 'DATASET_EXCLUSIVE':
    case 'DATASET_SHARED':
    case 'GANG_FULL':
    case 'QUOTA_EXHAUSTED':
    case 'COHORT_EXHAUSTED':
    case 'BUDGET_EXHAUSTED': {
      const short = reason.short.map(
        ({ what, requested, available, held }) =>
          `${what} asks ${requested}, left ${available}, held ${held}`,
      );
      return `${reason.code} ${short.join('; ')}`;
    }
    case 'RESERVED':
    case 'DRAINING': {
      const short = reason.short.map(
        ({ what, requested, available, held }) =>
          `${what} asks ${requested}, left ${available}, promised ${held}`,
      );
      return `${reason.code} from ${new Date(reason.startsAt).toISOString()} on: ${short.join('; ')}`;
    }
    case 'UNSATISFIABLE':
      return `${reason.code} ${reason.requested} of ${reason.kind}, at most ${reason.largest} fit anywhere`;
    case 'NO_WINDOW':
      return `${reason.code} of ${reason.kind} in the asked range`;
    case 'POLICY_DENIED':
      return `${reason.code} ${reason.rules.join(', ')}`;
    case 'AWAITING_GANG':
    case 'GANG_TIMEOUT':
      return `${reason.code} ${reason.have} of ${reason.size}`;
    case 'GANG_MISMATCH':
      return `${reason.code} in ${reason.field}`;
    case 'START_LIMIT_PASSED':
    case 'DEADLINE_UNREACHABLE':
    case 'NEXT_TICK':
    case 'CANCELLED':
      return reason.code;
    default: {
      const never: never = reason;
      throw new Error(`unknown reason ${JSON.stringify(never)}`);
    }
  }
}

/** Columns as wide as their widest cell; the last one is left as it is. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
