// `annona record`: takes home what the policies see of the newest requests.
// Invariant: a record is what the server sent, checked for its shape; nothing is written when it has another.

import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type PolicyRecord, parseRecord } from '../../../policies/index.ts';
import { CommandError, EXIT } from '../io.ts';
import { connect } from './connection.ts';
import { writeLine } from './historyLines.ts';
import { flagOf, textOf, whole } from './options.ts';
import { rangeOf } from './replayRuns.ts';
import { serverHistory } from './serverHistory.ts';
import type { Invocation } from './spec.ts';

const LAST_MOST = 10_000;
const LAST_DEFAULT = '1000';

export async function record(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  if (flagOf(options, 'history')) return recordHistory(invocation);
  const recorded = await recordOf(invocation);
  const text = JSON.stringify(recorded);
  const output = textOf(options, 'output');
  if (output === undefined) {
    io.out(text);
    return EXIT.done;
  }
  await writeFile(output, `${text}\n`).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${output} cannot be written (${error.code}); try another -o`);
  });
  const { requests } = recorded;
  if (flagOf(options, 'json')) io.out(JSON.stringify({ file: output, requests: requests.length }));
  io.err(
    `${requests.length} ${requests.length === 1 ? 'request' : 'requests'}; next: annona policy impact OLD NEW --record ${output}`,
  );
  return EXIT.done;
}

/** As it comes, so that its size is bounded by the disk alone. */
async function recordHistory(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  const text = textOf(options, 'ticks') ?? '1..';
  const range = rangeOf(text);
  if (range === null) throw new CommandError(`--ticks ${text} names no ticks`, EXIT.usage);
  const { client } = await connect(invocation);
  const lines = serverHistory(client, { ...range, audit: flagOf(options, 'audit'), checkpoint: true });
  const output = textOf(options, 'output');
  const counts = { ticks: 0, seals: 0 };
  const written = async function* (): AsyncGenerator<string> {
    for await (const line of lines) {
      if (line.type === 'end') Object.assign(counts, { ticks: line.ticks, seals: line.seals });
      yield writeLine(line);
    }
  };
  if (output === undefined) for await (const line of written()) io.out(line.trimEnd());
  else await pipeline(written(), createWriteStream(output));
  if (output !== undefined && flagOf(options, 'json')) io.out(JSON.stringify({ file: output, ...counts }));
  const file = output ?? 'FILE';
  io.err(
    `${counts.ticks} ticks, ${counts.seals} audit seals; next: annona verify ${file} --replay, or --chain`,
  );
  return EXIT.done;
}

/** Of the server that the options name. */
export async function recordOf(invocation: Invocation): Promise<PolicyRecord> {
  const last = textOf(invocation.options, 'last') ?? LAST_DEFAULT;
  const count = whole('--last', last);
  if (count < 1 || count > LAST_MOST)
    throw new CommandError(`--last ${last} is not a number from 1 to ${LAST_MOST}`, EXIT.usage);
  const { client } = await connect(invocation);
  return parseRecord(await client.get('/v1/policy-rows', { last: `${count}` }));
}
