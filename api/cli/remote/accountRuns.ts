// `annona account …` and `annona usage`: money and use, as the server counts them.

import type { View } from '../../client/index.ts';
import { EXIT } from '../io.ts';
import { connect } from './connection.ts';
import { list, queryOf } from './listing.ts';
import { flagOf, required, usage } from './options.ts';
import { plain, print, showObject, tableOf } from './output.ts';
import type { Invocation } from './spec.ts';

export const listAccounts = (invocation: Invocation): Promise<number> =>
  list(invocation, {
    path: '/v1/accounts',
    columns: [
      ['id', 'id'],
      ['title', 'title'],
      ['parent', 'parent'],
      ['measure', 'measure'],
      ['period', periodOf('id')],
      ['budget', periodOf('budget')],
      ['reserved', periodOf('reserved')],
      ['spent', periodOf('spent')],
      ['available', periodOf('available')],
    ],
    none: 'no account',
  });

/** Of the period that it is now. */
function periodOf(field: string): (account: View) => unknown {
  return ({ periods }) => ((periods ?? []) as readonly View[]).find(({ current }) => current)?.[field];
}

export const getAccount = (invocation: Invocation): Promise<number> => show(invocation, '');
export const forecast = (invocation: Invocation): Promise<number> => show(invocation, '/forecast');

export const ledger = (invocation: Invocation): Promise<number> =>
  list(invocation, {
    path: `${pathOf(invocation)}/ledger`,
    filters: ['period'],
    columns: [
      ['tick', 'tick'],
      ['type', 'type'],
      ['amount', 'amount'],
      ['period', 'period'],
      ['lease', 'lease'],
      ['source', 'source'],
    ],
    none: 'nothing was booked on this account yet',
  });

export async function usageReport(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  const asCsv = flagOf(options, 'csv');
  if (asCsv && flagOf(options, 'json')) throw usage('--csv and --json are two forms: leave out one');
  const { client } = await connect(invocation);
  const query = queryOf(invocation, ['from', 'to', 'by']);
  if (asCsv) {
    const csv = await client.text('/v1/usage', { type: 'text/csv', query });
    io.out(csv.replace(/\r?\n$/, ''));
    return EXIT.done;
  }
  const report = await client.get('/v1/usage', query);
  if (flagOf(options, 'json')) io.out(JSON.stringify(report));
  else {
    io.err(`from ${plain(report.from)} to ${plain(report.to)}`);
    print(io, tableOf(report.items as readonly View[]));
  }
  return EXIT.done;
}

async function show(invocation: Invocation, part: string): Promise<number> {
  const { client } = await connect(invocation);
  showObject(invocation, await client.get(`${pathOf(invocation)}${part}`));
  return EXIT.done;
}

function pathOf(invocation: Invocation): string {
  return `/v1/accounts/${encodeURIComponent(required(invocation, 0))}`;
}
