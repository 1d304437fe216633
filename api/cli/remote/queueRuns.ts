// `annona queue`: the waiting by reason. Also read by `annona top`.

import type { View } from '../../client/index.ts';
import { connect } from './connection.ts';
import { type Column, showList } from './output.ts';
import type { Invocation } from './spec.ts';

export const QUEUE_REASONS: readonly Column[] = [
  ['reason', 'code'],
  ['waiting', 'count'],
  ['also', 'alsoCount'],
  ['oldest', 'oldestSubmittedAt'],
  ['acts next', 'actor'],
  ['how', 'advice'],
];

export async function queue(invocation: Invocation): Promise<number> {
  const { client } = await connect(invocation);
  const { items } = await client.get('/v1/queue/reasons');
  return showList(invocation, items as readonly View[], { columns: QUEUE_REASONS, none: 'nobody waits' });
}
