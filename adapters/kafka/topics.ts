// Names and shapes of the topics: a department's decisions, what could not be delivered to it, the whole cell's for its auditors; and requests
// that come in, with those that were refused. A department reads its own topics only. Invariant: two departments, of one cell or of two, never share a topic.
// Called by publisher.ts, by whoever creates them, and by consumers.

import type { TopicToCreate } from './client.ts';

/** Slugs may hold dots: a cell called "a.decisions" would put its department "b" where cell "a" puts "decisions.b". */
const RESERVED = /(^|\.)(decisions|dead-letters|audit)(\.|$)/;

export function decisionsTopic(cell: string, department: string): string {
  return topic(cell, `decisions.${department}`);
}

export function deadLettersTopic(cell: string, department: string): string {
  return topic(cell, `dead-letters.${department}`);
}

/** Every event of the cell, in the order of each request: for auditors, warehouses and whoever else oversees all departments. */
export function auditTopic(cell: string): string {
  return topic(cell, 'audit');
}

/** Where agents ask. Whoever may write to it needs a token as well; nobody but the cell reads it. */
export function requestsTopic(cell: string): string {
  return topic(cell, 'requests');
}

/** Records of the requests' topic that were refused, of all departments: for the operator. */
export function deadRequestsTopic(cell: string): string {
  return topic(cell, 'requests.dead');
}

function topic(cell: string, rest: string): string {
  if (RESERVED.test(cell))
    throw new Error(`the cell's name "${cell}" holds a word that topics need: call it otherwise`);
  return `annona.${cell}.${rest}`;
}

export interface TopicShape {
  readonly partitions: number;
  readonly replicas: number;
}

/** Everything of the cell that its relay writes to. */
export function topicsOf(cell: string, departments: readonly string[], shape: TopicShape): TopicToCreate[] {
  const names = [
    auditTopic(cell),
    ...departments.map((department) => decisionsTopic(cell, department)),
    ...departments.map((department) => deadLettersTopic(cell, department)),
  ];
  return shaped(names, shape);
}

/** Everything of the cell that its intake reads and writes. */
export function requestTopicsOf(cell: string, shape: TopicShape): TopicToCreate[] {
  return shaped([requestsTopic(cell), deadRequestsTopic(cell)], shape);
}

function shaped(names: readonly string[], { partitions, replicas }: TopicShape): TopicToCreate[] {
  const settings = {
    // One replica may be lost without a record being lost, and without the topic standing still.
    'min.insync.replicas': String(Math.min(2, replicas)),
    'unclean.leader.election.enable': 'false',
    // The largest record that is sent, with its envelope.
    'max.message.bytes': '1048588',
  };
  return names.map((name) => ({ name, partitions, replicas, settings }));
}
