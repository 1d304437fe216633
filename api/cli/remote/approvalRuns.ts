// `annona approval …`: reads approvals and rules on them over HTTP.
// Invariant: a Ruling carries the digest of what was read: the one that was given, or the one that the approval shows now.

import type { View } from '../../client/index.ts';
import { EXIT } from '../io.ts';
import { connect } from './connection.ts';
import { list } from './listing.ts';
import { required, textOf, usage } from './options.ts';
import { showObject } from './output.ts';
import { callerOf, type Invocation } from './spec.ts';

export const listApprovals = (invocation: Invocation): Promise<number> =>
  list(invocation, {
    path: '/v1/approvals',
    filters: ['state', 'skill', 'request'],
    columns: [
      ['id', 'id'],
      ['state', 'state'],
      ['skill', 'skill'],
      ['department', 'department'],
      ['agent', 'agent'],
      ['until', ({ slot }) => (slot as View | null)?.endsAt],
      ['purpose', 'purpose'],
    ],
    none: 'no approval',
  });

export async function getApproval(invocation: Invocation): Promise<number> {
  const { client } = await connect(invocation);
  showObject(invocation, await client.get(pathOf(invocation)));
  return EXIT.done;
}

export const approve = (invocation: Invocation): Promise<number> => rule(invocation, 'approve');
export const reject = (invocation: Invocation): Promise<number> => rule(invocation, 'reject');

async function rule(invocation: Invocation, verdict: 'approve' | 'reject'): Promise<number> {
  const { io, options } = invocation;
  const reason = textOf(options, 'reason');
  if (reason === undefined) throw usage('--reason says why, to whoever asked');
  const { client } = await connect(invocation);
  const path = pathOf(invocation);
  const digest = textOf(options, 'digest') ?? (await client.get(path)).digest;
  showObject(invocation, await client.post(`${path}/ruling`, { verdict, reason, digest }));
  io.err(`the next tick counts it: npx annona approval get ${required(invocation, 0)}${callerOf(options)}`);
  return EXIT.done;
}

function pathOf(invocation: Invocation): string {
  return `/v1/approvals/${encodeURIComponent(required(invocation, 0))}`;
}
