// `annona tick FILE`: decides one tick file offline with the production engine, and prints decisions and certificate.
// A file that a failed tick was dumped as is decided the same way.

import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { decideTickFile, parseTickFile, type TickFileAnswer } from '../../scheduler/index.ts';
import { createInProcessSolver } from '../../solver/node.ts';
import { sha256 } from '../roles/digest.ts';
import { CommandError, type CommandIo, EXIT } from './io.ts';

export async function tick(
  file: string,
  options: { readonly json?: boolean },
  io: CommandIo,
): Promise<number> {
  const parsed = parseTickFile(parseJson(await readDocument(file), file));
  if (!parsed.ok) {
    for (const { pointer, message, allowed } of parsed.problems) {
      io.err(`${file}${pointer || '/'}: ${message}${allowed ? ` (allowed: ${allowed.join(', ')})` : ''}`);
    }
    throw new CommandError(`${file} is no tick file; docs/tick-file.md describes one`, EXIT.usage);
  }
  const solver = await createInProcessSolver();
  try {
    const answer = await decideTickFile(parsed.snapshot, { solver, digest: sha256 });
    if (options.json) io.out(JSON.stringify(answer));
    else print(answer, io);
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

function print(answer: TickFileAnswer, io: CommandIo): void {
  for (const decision of answer.decisions) {
    const where = decision.allocations
      .map((a) => `${a.quantity} of ${a.pool}${a.window ? ` in ${a.window}` : ''}`)
      .join(', ');
    const why = decision.reasons.map((reason) => reason.code).join(', ');
    io.out(`${decision.outcome.padEnd(8)} ${decision.request}  ${where || why}`);
  }
  for (const stage of answer.stages) {
    const gap = `${(stage.gap * 100).toFixed(3)} %`;
    io.out(
      `stage ${stage.name}: value ${stage.value}, proven bound ${stage.bound}, gap ${gap} (${stage.method})`,
    );
  }
  io.out(
    `digests: snapshot ${answer.digests.snapshot.slice(0, 16)} plan ${answer.digests.plan.slice(0, 16)}`,
  );
}
