// Program files of the command line: from disk or standard input, packed or not, and back. Invariant: a file that cannot be read is told as
// file:line:column with what to do, and exit code 2. Called by solve.ts and tick.ts.

import { readFile, writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { type FileFormat, fileFormatOf, type Program, readProgram } from '../../solver/index.ts';
import { CommandError, EXIT } from './io.ts';

/** A string holds at most 2^29 units; what unpacks to more is no program for this machine. */
const BYTES_MAX = 2 ** 29 - 1;

export async function loadProgram(file: string): Promise<{ program: Program; notes: readonly string[] }> {
  const text = textOf(await unpacked(await bytesOf(file), file));
  const read = readProgram(text, fileFormatOf(file, text));
  if (read.ok) return read;
  const { line, column, message, advice } = read.problem;
  const name = file === '-' ? 'standard input' : file;
  throw new CommandError(`${name}:${line}:${column}: ${message}; ${advice}`, EXIT.usage);
}

/** By the name's ending, `.gz` aside. */
export function formatFor(file: string): FileFormat {
  const format = extname(file.replace(/\.gz$/, '')).slice(1);
  if (format === 'mps' || format === 'lp' || format === 'json') return format;
  throw new CommandError(
    `${file}: programs are written as .mps, .lp or .json, each also with .gz`,
    EXIT.usage,
  );
}

export async function saveText(file: string, text: string): Promise<void> {
  const bytes = file.endsWith('.gz') ? await promisify(gzip)(text) : text;
  await writeFile(file, bytes).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file}: cannot be written: ${error.code ?? error.message}`, EXIT.usage);
  });
}

async function bytesOf(file: string): Promise<Buffer> {
  if (file === '-') return buffer(process.stdin);
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(
      `${file}: ${error.code === 'ENOENT' ? 'no such file' : error.message}`,
      EXIT.usage,
    );
  });
}

async function unpacked(bytes: Buffer, file: string): Promise<Buffer> {
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (bytes.length > BYTES_MAX) throw new CommandError(`${file}: larger than ${BYTES_MAX} bytes`, EXIT.usage);
  if (!isPacked) return bytes;
  return promisify(gunzip)(bytes, { maxOutputLength: BYTES_MAX }).catch((error: Error) => {
    throw new CommandError(`${file}: does not unpack: ${error.message}`, EXIT.usage);
  });
}

/** UTF-8, else Latin-1: old files have names in it, and every byte is a letter there. */
function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}
