// Programs as text and back: MPS, CPLEX LP, our JSON. Pure; the command line unpacks and reads files.
// Invariant: read(write(program)) is the program, but for names that a form cannot hold and rows that LP has to split. Called by `annona solve`, `annona tick` and tests.
import { FileFault, type FileProblem } from './files/fault.ts';
import { readJson } from './files/json.ts';
import { readLp } from './files/lp.ts';
import { readMps } from './files/mps.ts';
import { type Names, namesFor } from './files/names.ts';
import { writeJson } from './files/writeJson.ts';
import { writeLp } from './files/writeLp.ts';
import { writeMps } from './files/writeMps.ts';
import type { Program } from './programs/program.ts';

export type { FileProblem };
export type FileFormat = 'mps' | 'lp' | 'json';

export type ReadProgram =
  /** `notes`: what readers of that format take for granted and a person may not. */
  | { readonly ok: true; readonly program: Program; readonly notes: readonly string[] }
  | { readonly ok: false; readonly problem: FileProblem };

export interface WrittenProgram {
  readonly text: string;
  /** How many names the form could not hold: they were changed. */
  readonly renamed: number;
}

/** By the file's name; by its first words where that says nothing, as on standard input. */
export function fileFormatOf(name: string, text: string): FileFormat {
  const extension = /\.(mps|lp|json)(?:\.gz)?$/i.exec(name)?.[1]?.toLowerCase();
  if (extension === 'mps' || extension === 'lp' || extension === 'json') return extension;
  if (/^\s*\{/.test(text)) return 'json';
  return /^(?:NAME|ROWS|OBJSENSE|OBJNAME)\b/im.test(text) && /^ROWS\b/im.test(text) ? 'mps' : 'lp';
}

/** Never throws because of the text. */
export function readProgram(text: string, format: FileFormat): ReadProgram {
  // A byte order mark is no part of a file.
  const content = text.replace(/^\ufeff/, '');
  switch (format) {
    case 'mps':
      return readAnyMps(content);
    case 'lp':
      return attempt(() => readLp(content));
    case 'json':
      return attempt(() => readJson(content));
    default:
      return format satisfies never;
  }
}

/** Free form first; names with blanks read in fixed form alone. When neither reads it, the one that came further tells why. */
function readAnyMps(text: string): ReadProgram {
  const free = attempt(() => readMps(text, 'free'));
  if (free.ok) return free;
  const fixed = attempt(() => readMps(text, 'fixed'));
  return fixed.ok || fixed.problem.line > free.problem.line ? fixed : free;
}

function attempt(read: () => { program: Program; notes: string[] }): ReadProgram {
  try {
    return { ok: true, ...read() };
  } catch (fault) {
    if (fault instanceof FileFault) return { ok: false, problem: fault.problem };
    throw fault;
  }
}

export function writeProgram(program: Program, format: FileFormat): WrittenProgram {
  const names: Names = namesFor(program, format);
  const text = { mps: writeMps, lp: writeLp, json: writeJson }[format](program, names);
  return { text, renamed: names.renamed };
}
