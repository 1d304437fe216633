// What a snapshot's digest says of the requests that wait: a line each, in blocks that are written once and said again until something in them changes.
// Invariant: the text is what it would be if nothing were kept, as a block is taken over only when all of it is the same. Called by snapshot.ts.

import type { Configuration } from './domain/configuration.ts';
import type { PendingRequest, ResourceRequest } from './domain/request.ts';

/** Requests of neighbouring sequences: those that were granted leave gaps, and the blocks of all others stay. */
const SEQUENCES_OF_BLOCK = 64;

interface Block {
  readonly requests: ResourceRequest[];
  readonly sequences: number[];
  readonly shapes: number[];
  text: string;
}

/** Of the last snapshot under each configuration, by the first sequence that a block may hold over `SEQUENCES_OF_BLOCK`. */
const kept = new WeakMap<Configuration, ReadonlyMap<number, Block>>();

export interface RequestLines {
  /** One request after another, in their order. */
  readonly lines: readonly string[];
  /** Shape keys in the order of their numbers. */
  readonly shapes: readonly string[];
}

/** "r <id> <sequence> <department> <agent> <submitted> <number of its shape>": a shape's key is written once, and referred to by number. */
export function requestLines(
  configuration: Configuration,
  requests: readonly PendingRequest[],
): RequestLines {
  const before = kept.get(configuration);
  const blocks = new Map<number, Block>();
  const numbers = new Map<string, number>();
  let block: Block = { requests: [], sequences: [], shapes: [], text: '' };
  let number = Number.NaN;
  for (const { request, sequence, shapeKey } of requests) {
    let shape = numbers.get(shapeKey);
    if (shape === undefined) {
      shape = numbers.size;
      numbers.set(shapeKey, shape);
    }
    const own = Math.floor(sequence / SEQUENCES_OF_BLOCK);
    if (own !== number) {
      number = own;
      block = { requests: [], sequences: [], shapes: [], text: '' };
      // Out of order, as no state ever is, a number may come twice: then the later block is under another key.
      blocks.set(blocks.has(own) ? -1 - blocks.size : own, block);
    }
    block.requests.push(request);
    block.sequences.push(sequence);
    block.shapes.push(shape);
  }
  const lines: string[] = [];
  for (const [key, made] of blocks) {
    const known = before?.get(key);
    made.text = known !== undefined && isSame(known, made) ? known.text : textOf(made);
    lines.push(made.text);
  }
  kept.set(configuration, blocks);
  return { lines, shapes: [...numbers.keys()] };
}

function isSame(a: Block, b: Block): boolean {
  if (a.requests.length !== b.requests.length) return false;
  for (let i = 0; i < a.requests.length; i++) {
    if (a.requests[i] !== b.requests[i] || a.shapes[i] !== b.shapes[i]) return false;
    if (a.sequences[i] !== b.sequences[i]) return false;
  }
  return true;
}

function textOf({ requests, sequences, shapes }: Block): string {
  return requests
    .map(({ id, department, agent, submittedAt }, i) => {
      return `r ${id} ${sequences[i]} ${department} ${agent} ${submittedAt} ${shapes[i]}`;
    })
    .join('\n');
}
