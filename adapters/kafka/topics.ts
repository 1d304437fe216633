// Names of the topics: a department's decisions, and what could not be delivered to it. A department reads its own topics only.
// Invariant: two departments, of one cell or of two, never share a topic. Called by publisher.ts and by consumers.

/** Slugs may hold dots: a cell called "a.decisions" would put its department "b" where cell "a" puts "decisions.b". */
const RESERVED = /(^|\.)(decisions|dead-letters)(\.|$)/;

export function decisionsTopic(cell: string, department: string): string {
  return topic(cell, 'decisions', department);
}

export function deadLettersTopic(cell: string, department: string): string {
  return topic(cell, 'dead-letters', department);
}

function topic(cell: string, what: string, department: string): string {
  if (RESERVED.test(cell))
    throw new Error(`the cell's name "${cell}" holds a word that topics need: call it otherwise`);
  return `annona.${cell}.${what}.${department}`;
}
