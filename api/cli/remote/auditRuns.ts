// `annona audit …`: reads the audit, and takes its signed head home.
// Invariant: what is written is what the server sent.

import { writeFile } from 'node:fs/promises';
import type { View } from '../../client/index.ts';
import { CommandError, EXIT } from '../io.ts';
import { connect } from './connection.ts';
import { flagOf, textOf } from './options.ts';
import { type Column, table } from './output.ts';
import type { Invocation } from './spec.ts';

const COLUMNS: readonly Column[] = [
  ['sequence', 'sequence'],
  ['at', 'at'],
  ['tick', 'tick'],
  ['actor', 'actor'],
  ['department', 'department'],
  ['act', 'act'],
  ['object', 'object'],
  ['because', 'because'],
];
const FILTERS = ['after', 'limit', 'act', 'actor', 'department', 'object'] as const;

export async function listAudit(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  const { client } = await connect(invocation);
  const query = Object.fromEntries(
    FILTERS.flatMap((name) => {
      const text = textOf(options, name);
      return text === undefined ? [] : [[name, text]];
    }),
  );
  const page = (await client.get('/v1/audit', query)) as { items: View[]; next: string | null };
  if (flagOf(options, 'json')) io.out(JSON.stringify(page));
  else if (page.items.length === 0) io.out('no entry');
  else for (const line of table(page.items, COLUMNS)) io.out(line);
  if (page.next !== null && !flagOf(options, 'json')) io.err(`more: --after ${page.next}`);
  return EXIT.done;
}

export async function auditHead(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  const { client } = await connect(invocation);
  const found = await client.get('/v1/audit/head');
  const output = textOf(options, 'output');
  if (output !== undefined) {
    await writeFile(output, `${JSON.stringify(found)}\n`).catch((error: NodeJS.ErrnoException) => {
      throw new CommandError(`${output} cannot be written (${error.code}); try another -o`);
    });
  }
  if (output === undefined && flagOf(options, 'json')) io.out(JSON.stringify(found));
  else {
    const { number, entries, tick, digest } = (found as { head: Record<string, unknown> }).head;
    io.out(`seal ${number}, entries 1 to ${entries}, at tick ${tick}: ${digest}`);
  }
  return EXIT.done;
}
