// `annona account …` and `annona usage`: money and use, as the server counts them.

import type { View } from '../../client/index.ts';
import { EXIT } from '../io.ts';
import { connect } from './connection.ts';
import { list, queryOf } from './listing.ts';
import { flagOf, required, usage } from './options.ts';
import { showObject } from './output.ts';
import type { Invocation } from './spec.ts';

const USAGE_FILTERS = ['from', 'to', 'department', 'kind'];

export const listAccounts = (invocation: Invocation): Promise<number> =>
  list(invocation, {
    path: '/v1/accounts',
    columns: [
      ['id', 'id'],
      ['title', 'title'],
      ['parent', 'parent'],
      ['department', 'department'],
      ['measure', 'measure'],
      ['period', periodOf('id')],
      ['budget', periodOf('budget')],
      ['reserved', periodOf('reserved')],
      ['available', periodOf('available')],
    ],
    none: 'no account',
  });

/** Of the account's present period, where it names one. */
function periodOf(field: string): (account: View) => unknown {
  return (account) => ((account.current ?? account.period) as View | undefined)?.[field] ?? account[field];
}

export const getAccount = (invocation: Invocation): Promise<number> => show(invocation, '');
export const forecast = (invocation: Invocation): Promise<number> => show(invocation, '/forecast');

export const ledger = (invocation: Invocation): Promise<number> =>
  list(invocation, {
    path: `${pathOf(invocation)}/ledger`,
    columns: [
      ['at', 'at'],
      ['type', 'type'],
      ['amount', 'amount'],
      ['period', 'period'],
      ['lease', 'lease'],
      ['request', 'request'],
      ['tick', 'tick'],
    ],
    none: 'nothing was booked on this account yet',
  });

export async function usageReport(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  if (!flagOf(options, 'csv')) {
    return list(invocation, {
      path: '/v1/usage',
      filters: USAGE_FILTERS,
      columns: [
        ['department', 'department'],
        ['class', 'class'],
        ['kind', 'kind'],
        ['leases', 'leases'],
        ['unit-seconds', 'unitSeconds'],
        ['cost', 'costMinor'],
      ],
      none: 'nothing was used in that time',
    });
  }
  if (flagOf(options, 'json')) throw usage('--csv and --json are two forms: leave out one');
  const { client } = await connect(invocation);
  const csv = await client.text('/v1/usage', { type: 'text/csv', query: queryOf(invocation, USAGE_FILTERS) });
  io.out(csv.replace(/\r?\n$/, ''));
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
