// `annona ticks …`: reads what ticks decided and how well, and takes one home as a file.
// Invariant: a file is what the server sent, whole; nothing is left at the path when the server has it no more.

import { writeFile } from 'node:fs/promises';
import { GAP_BANDS, type QualityLedger } from '../../../scheduler/index.ts';
import type { View } from '../../client/index.ts';
import { CommandError, EXIT } from '../io.ts';
import { connect } from './connection.ts';
import { list } from './listing.ts';
import { flagOf, required, textOf, whole, wholeOf } from './options.ts';
import { type Column, showObject, table } from './output.ts';
import type { Invocation } from './spec.ts';

const QUALITY_BANDS = [...GAP_BANDS.map(({ band }) => band), 'unclaimed'] as const;

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

export async function tickQuality(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  const { client } = await connect(invocation);
  const ledger = await client.get('/v1/ticks/quality', { last: `${wholeOf(options, 'last')}` });
  if (flagOf(options, 'json')) {
    io.out(JSON.stringify(ledger));
    return EXIT.done;
  }
  const { ticks, programs, from, to, bands, faults, classes } = ledger as unknown as QualityLedger;
  io.out(`ticks ${from ?? '-'} to ${to ?? '-'}: ${ticks}, of which ${programs} had something to decide`);
  const failed = Object.entries(faults).map(([fault, count]) => `${fault} ${count}`);
  io.out(`faults of the solver: ${failed.join(', ') || 'none'}`);
  const rows = [
    ...classes.map((one) => ({ ...one, worst: `${(one.worstGap * 100).toFixed(3)} %` })),
    { class: '(ticks)', stages: programs, bands },
  ];
  const columns: readonly Column[] = [
    ['class', 'class'],
    ['decided', 'stages'],
    ...QUALITY_BANDS.map((band): Column => [band, (row) => (row.bands as QualityLedger['bands'])[band] ?? 0]),
    ['given up', 'givenUp'],
    ['worst gap', 'worst'],
  ];
  for (const line of ['', ...table(rows, columns)]) io.out(line);
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
  io.err(`decide it again: annona tick ${output}; check it: annona verify ${output}`);
  return EXIT.done;
}

function pathOf(invocation: Invocation): string {
  return `/v1/ticks/${whole('tick', required(invocation, 0))}`;
}
