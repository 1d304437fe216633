// `annona tick FILE`: decides one tick file offline with the production engine, and prints decisions and certificate.
// A file that a failed tick was dumped as is decided the same way.

import {
  decideTickFile,
  REASON_GUIDE,
  type Reason,
  type TickFileAnswer,
  type TickFileOffers,
  tickFileOffers,
} from '../../scheduler/index.ts';
import { createInProcessSolver, engineAbsence } from '../../solver/node.ts';
import { readConfig } from '../config.ts';
import { sha256 } from '../roles/digest.ts';
import { stateText } from '../states.ts';
import { CommandError, type CommandIo, EXIT } from './io.ts';
import { placeText } from './place.ts';
import { formatFor } from './programFile.ts';
import { changeText } from './remote/offerLines.ts';
import { readJson, readTick, type TickDocument } from './tickDocument.ts';
import { KeepingSolver, writeModel } from './writeModel.ts';

type Snapshot = TickDocument['snapshot'];

/** Multipliers are integers over this. */
const MULTIPLIER_UNIT = 2 ** 20;

interface TickOptions {
  readonly json?: boolean;
  readonly engine?: string;
  readonly writeModel?: string;
  readonly offers?: boolean;
}

export async function tick(file: string, options: TickOptions, io: CommandIo): Promise<number> {
  if (options.writeModel !== undefined) formatFor(options.writeModel);
  const { engine } = readConfig({ engine: options.engine }, {});
  const absence = await engineAbsence(engine);
  if (absence !== null) throw new CommandError(absence);
  const { snapshot, warm } = readTick(await readJson(file), file, io);
  const solver = new KeepingSolver(createInProcessSolver());
  try {
    const answer = await decideTickFile(snapshot, { solver, digest: sha256, engine, warm });
    const plan = answer.file.decided?.plan ?? { assignments: [], extensions: [] };
    const offers = options.offers === true ? tickFileOffers(snapshot, plan, sha256) : null;
    if (options.json) io.out(JSON.stringify({ ...answer, ...(offers && { offers }) }));
    else {
      print(snapshot, answer, io);
      printOffers(offers ?? [], io);
    }
    if (options.writeModel !== undefined) {
      const classes = new Map(snapshot.configuration.classes.map(({ rank, name }) => [rank, name]));
      await writeModel(options.writeModel, { asked: solver.asked, classes, io });
    }
    return EXIT.done;
  } finally {
    await solver.close();
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
    io.out(`${stateText(outcome).padEnd(10)} ${extension}  ${until || reasons.map(sentence).join('; ')}`);
  }
  for (const { for: whom, victims, cost, leastCost } of answer.revocations ?? []) {
    const taken = victims.map(([lease, right]) => `${lease} by ${right}`).join(', ');
    io.out(`revokes  ${taken}  for ${whom}, at ${cost} of at least ${leastCost}`);
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
      ({ quantity, pool, window, node, gpus }) =>
        `${quantity} of ${pool}${window === undefined ? '' : ` in ${window}`}${placeText(node, gpus)}`,
    );
    const told = where.length > 0 ? [where.join(', ')] : decision.reasons.map(sentence);
    const first = [stateText(decision.outcome), decision.request, request?.terms.class ?? '', who];
    return told.map((text, i) => [...(i === 0 ? first : ['', '', '', '']), text]);
  });
  for (const line of table(rows)) io.out(line);
}

/** Per class what was reached and what nobody could pass; a price is what one more unit of a row would have been worth. */
function printCertificate({ stages }: TickFileAnswer, io: CommandIo): void {
  const rows = stages.map(({ class: name, value, bound, gap, method }) => [
    name,
    String(value),
    String(bound),
    `${(gap * 100).toFixed(3)} %`,
    method,
  ]);
  for (const line of table([['class', 'value', 'proven bound', 'gap', 'method'], ...rows])) io.out(line);
  const prices = stages.flatMap(({ class: name, multipliers }) =>
    multipliers.map(([row, numerator]) => [
      `price in ${name}`,
      row,
      (numerator / MULTIPLIER_UNIT).toFixed(1),
    ]),
  );
  for (const line of table(prices)) io.out(line);
  io.out('');
}

/** Each with what is asked otherwise, and what would be held at once. */
function printOffers(waiting: readonly TickFileOffers[], io: CommandIo): void {
  const rows = waiting.flatMap(({ request, offers }) =>
    offers.map(({ changes, assignment }) => [
      'offer',
      request,
      changes.map((change) => changeText({ ...change })).join('; '),
      assignment.allocations.map(({ quantity, pool }) => `${quantity} of ${pool}`).join(', '),
    ]),
  );
  if (rows.length === 0) return;
  io.out('');
  for (const line of table(rows)) io.out(line);
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
    case 'NODE_FULL':
    case 'WINDOW_FULL':
    case 'DATASET_EXCLUSIVE':
    case 'DATASET_SHARED':
    case 'GANG_FULL':
    case 'QUOTA_EXHAUSTED':
    case 'COHORT_EXHAUSTED':
    case 'POLICY_LIMIT':
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
    case 'PREEMPTING':
      return `${reason.code} ${reason.leases.join(', ')}`;
    case 'REPLACED':
      return `${reason.code} by ${reason.by}`;
    case 'OFFER_LAPSED':
    case 'OFFER_HELD':
      return `${reason.code} of ${reason.request}`;
    case 'HOLD_LIMIT':
      return `${reason.code} ${reason.what} asks ${reason.requested}, holds ${reason.held} of ${reason.limit}`;
    case 'AWAITING_APPROVAL':
    case 'APPROVAL_REJECTED':
    case 'APPROVAL_TIMEOUT':
    case 'APPROVAL_IMPOSSIBLE':
      return `${reason.code} of ${reason.skill}`;
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
