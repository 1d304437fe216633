// A tick's file as a command is given it: by path, or `-` for standard input. Invariant: whatever is wrong with it is told at once,
// each with its place, and is exit code 2. Called by tick.ts and remote/verifyRuns.ts.

import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { type DecidedTick, parseTickFile, type takeSnapshot } from '../../scheduler/index.ts';
import type { Warm } from '../../solver/index.ts';
import { CommandError, type CommandIo, EXIT } from './io.ts';

export interface TickDocument {
  readonly snapshot: ReturnType<typeof takeSnapshot>;
  /** What the solve started from; null: cold. */
  readonly warm: Warm | null;
  /** Null: a tick still to be decided. */
  readonly decided: DecidedTick | null;
}

export async function readJson(file: string): Promise<unknown> {
  const source = file === '-' ? await text(process.stdin) : await contentOf(file);
  try {
    return JSON.parse(source);
  } catch (error) {
    throw new CommandError(
      `${file}: not JSON: ${error instanceof Error ? error.message : error}`,
      EXIT.usage,
    );
  }
}

/** `where`: what the document is called in what is told of it. */
export function readTick(document: unknown, where: string, io: CommandIo): TickDocument {
  const parsed = parseTickFile(document);
  if (parsed.ok) return parsed;
  for (const { pointer, message, allowed } of parsed.problems) {
    io.err(`${where}${pointer || '/'}: ${message}${allowed ? ` (allowed: ${allowed.join(', ')})` : ''}`);
  }
  throw new CommandError(`${where} is no tick file; docs/tick-file.md describes one`, EXIT.usage);
}

async function contentOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(
      `${file}: ${error.code === 'ENOENT' ? 'no such file' : error.message}`,
      EXIT.usage,
    );
  });
}
