// Nodes of a pool: unique ids, a bounded number, models only of GPUs, and names that fit. Called by ./pools.ts, once a set.

import { NODES_MOST } from '../../../scheduler/index.ts';
import type { PoolEntry } from '../schemaPools.ts';
import type { Entry } from '../sections.ts';
import { type CheckContext, checkUnique } from './report.ts';

/** "<id>-memory" is the longest id that a set makes, and a pool id has 63 characters. */
const SET_ID_LENGTH_MAX = 56;

export function checkNodes(context: CheckContext, entry: Entry<PoolEntry>): void {
  const { nodes, kind } = entry.value;
  // Of the three pools of a set the one that is always there.
  if (nodes === undefined || kind !== 'cpu') return;
  checkUnique(
    context,
    'node',
    nodes.groups.map(({ id }, index) => ({ id, entry, path: ['nodes', index, 'id'] })),
  );
  const count = nodes.groups.reduce((sum, group) => sum + (group.count ?? 1), 0);
  if (count > NODES_MOST)
    context.report(entry, ['nodes'], { message: `${count} nodes; at most ${NODES_MOST} in one pool` });
  if (nodes.set.length > SET_ID_LENGTH_MAX)
    context.report(entry, ['id'], {
      message: `the id of a pool with nodes has at most ${SET_ID_LENGTH_MAX} characters`,
    });
  for (const [index, { gpus, model }] of nodes.groups.entries()) {
    if (gpus === 0 && model !== undefined)
      context.report(entry, ['nodes', index, 'model'], {
        message: 'a node without GPUs has no model of them',
      });
  }
}
