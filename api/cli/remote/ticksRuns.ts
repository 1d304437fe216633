// `annona ticks …`: reads what ticks decided, and takes one home as a file.
// Invariant: a file is what the server sent, whole; nothing is left at the path when the server has it no more.

import { writeFile } from 'node:fs/promises';
import type { View } from '../../client/index.ts';
import { CommandError, EXIT } from '../io.ts';
import { connect } from './connection.ts';
import { list } from './listing.ts';
import { required, textOf, whole } from './options.ts';
import { showObject } from './output.ts';
import type { Invocation } from './spec.ts';

const countOf = (name: string) => (tick: View) => (tick.counts as View | undefined)?.[name];

export const listTicks = (invocation: Invocation): Promise<number> =>
  list(invocation, {
    path: '/v1/ticks',
    columns: [
      ['tick', 'tick'],
      ['at', 'now'],
      ['ended', 'termination'],
      ['pending', countOf('pending')],
      ['granted', countOf('granted')],
      ['waiting', countOf('waiting')],
      ['denied', countOf('denied')],
    ],
    none: 'no tick yet',
  });

export async function getTick(invocation: Invocation): Promise<number> {
  const path = pathOf(invocation);
  const { client } = await connect(invocation);
  showObject(invocation, await client.get(path));
  return EXIT.done;
}

export async function tickFile(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  const path = pathOf(invocation);
  const { client } = await connect(invocation);
  const text = JSON.stringify(await client.get(`${path}/file`));
  const output = textOf(options, 'output');
  if (output === undefined) {
    io.out(text);
    return EXIT.done;
  }
  await writeFile(output, `${text}\n`).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${output} cannot be written (${error.code}); try another -o`);
  });
  io.err(`decide it again: annona tick ${output}`);
  return EXIT.done;
}

function pathOf(invocation: Invocation): string {
  return `/v1/ticks/${whole('tick', required(invocation, 0))}`;
}
