// `annona record`: takes home what the policies see of the newest requests.
// Invariant: a record is what the server sent, checked for its shape; nothing is written when it has another.

import { writeFile } from 'node:fs/promises';
import { type PolicyRecord, parseRecord } from '../../../policies/index.ts';
import { CommandError, EXIT } from '../io.ts';
import { connect } from './connection.ts';
import { flagOf, textOf, whole } from './options.ts';
import type { Invocation } from './spec.ts';

const LAST_MOST = 10_000;
const LAST_DEFAULT = '1000';

export async function record(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
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

/** Of the server that the options name. */
export async function recordOf(invocation: Invocation): Promise<PolicyRecord> {
  const last = textOf(invocation.options, 'last') ?? LAST_DEFAULT;
  const count = whole('--last', last);
  if (count < 1 || count > LAST_MOST)
    throw new CommandError(`--last ${last} is not a number from 1 to ${LAST_MOST}`, EXIT.usage);
  const { client } = await connect(invocation);
  return parseRecord(await client.get('/v1/policy-rows', { last: `${count}` }));
}
