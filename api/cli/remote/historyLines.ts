// A server's history as lines of JSON, one thing a line: what `annona record --history` writes, and `annona verify` reads again.
// Invariant: a file that was cut off has no last line that says how much there is, and is refused. docs/history-file.md describes it.

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Configuration } from '../../../scheduler/index.ts';
import type { AuditEntry, AuditHead, AuditSeal, TickHistory } from '../../ports.ts';
import { sha256 } from '../../roles/digest.ts';
import { CommandError } from '../io.ts';

export const HISTORY_FORMAT = 'annona-history/1';

export type SealedEntries = AuditSeal & { readonly entries: readonly AuditEntry[] };

export type HistoryLine =
  | {
      readonly type: 'history';
      readonly format: typeof HISTORY_FORMAT;
      readonly cell: string;
      readonly from: number;
      readonly to: number;
    }
  | { readonly type: 'configuration'; readonly document: Configuration }
  /** `text` is compressed in the file. */
  | { readonly type: 'checkpoint'; readonly tick: number; readonly digest: string; readonly text: string }
  | ({ readonly type: 'tick' } & TickHistory)
  | ({ readonly type: 'seal' } & SealedEntries)
  | {
      readonly type: 'head';
      readonly head: AuditHead;
      readonly jws: string;
      readonly keys: { readonly keys: readonly object[] };
    }
  | { readonly type: 'end'; readonly ticks: number; readonly seals: number };

export function writeLine(line: HistoryLine): string {
  if (line.type !== 'checkpoint') return `${JSON.stringify(line)}\n`;
  const { text, ...rest } = line;
  return `${JSON.stringify({ ...rest, gzip: gzipSync(text).toString('base64') })}\n`;
}

/** @throws CommandError when the file is no history, or is not whole. */
export async function* readLines(file: string): AsyncGenerator<HistoryLine> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  let number = 0;
  let ticks = 0;
  let seals = 0;
  let last: HistoryLine | null = null;
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      if (text === '') continue;
      const line = parsed(file, number, text);
      if (last === null && (line.type !== 'history' || line.format !== HISTORY_FORMAT))
        throw new CommandError(
          `${file} is no history of format ${HISTORY_FORMAT}: take it again with annona record --history`,
        );
      if (line.type === 'tick') ticks += 1;
      if (line.type === 'seal') seals += 1;
      last = line;
      yield line;
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${file} cannot be read: ${(error as Error).message}`);
  }
  if (last?.type !== 'end') throw new CommandError(`${file} ends before its last line: take it again`);
  if (last.ticks !== ticks || last.seals !== seals)
    throw new CommandError(
      `${file} has ${ticks} ticks and ${seals} seals, and says that it has ${last.ticks} and ${last.seals}`,
    );
}

function parsed(file: string, number: number, text: string): HistoryLine {
  let line: { readonly type?: unknown; readonly gzip?: unknown; readonly digest?: unknown };
  try {
    line = JSON.parse(text);
  } catch {
    throw new CommandError(`${file} line ${number} is no JSON: take the file again`);
  }
  if (typeof line?.type !== 'string') throw new CommandError(`${file} line ${number} says no type`);
  return line.type === 'checkpoint' ? unpacked(`${file} line ${number}`, line) : (line as HistoryLine);
}

/** With its text, which is what its digest says. */
export function unpacked(
  where: string,
  line: { readonly gzip?: unknown; readonly digest?: unknown },
): HistoryLine {
  const { gzip, ...rest } = line;
  let text: string;
  try {
    text = gunzipSync(Buffer.from(String(gzip), 'base64')).toString('utf8');
  } catch {
    throw new CommandError(`${where}: the checkpoint cannot be decompressed`);
  }
  if (sha256([text]) !== line.digest)
    throw new CommandError(`${where}: the checkpoint's digest is another than its text makes`);
  return { ...rest, type: 'checkpoint', text } as HistoryLine;
}
