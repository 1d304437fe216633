// One way into all readers: the format that is stated, or the one that the file's first line shows. Lines are streamed; nothing but jobs is kept.
// Invariant: a file of no known format is refused with what was looked for. Called by api/cli/simulate.

import { TRACE_FORMATS, type Trace, type TraceFormat } from '../job.ts';
import { readAnnonaLog } from './annonaLog.ts';
import { TraceError } from './csv.ts';
import { readGavel, type Throughputs } from './gavel.ts';
import { readOpenbJobs } from './openbJobs.ts';
import { readPhilly } from './philly.ts';
import { readSwf } from './swf.ts';

export interface TraceSource {
  /** For messages. */
  readonly name: string;
  readonly lines: AsyncIterable<string>;
  /** Absent: recognised. */
  readonly format?: TraceFormat;
  /** Of Gavel's streams, which tell steps and no times. */
  readonly throughputs?: Throughputs;
}

export async function readTrace({ name, lines, format, throughputs }: TraceSource): Promise<Trace> {
  const { first, all } = await peek(lines);
  const known = format ?? formatOf(first, name);
  switch (known) {
    case 'swf':
      return readSwf(all, name);
    case 'openb':
      return readOpenbJobs(all, name);
    case 'philly':
      return readPhilly(all, name);
    case 'gavel':
      if (throughputs === undefined)
        throw new TraceError(
          `${name}: steps need a throughput to become times: name the file of throughputs`,
        );
      return readGavel(all, name, throughputs);
    case 'annona': {
      let text = '';
      for await (const line of all) text += `${line}\n`;
      return readAnnonaLog(text, name);
    }
    default: {
      const never: never = known;
      throw new Error(`unknown format ${JSON.stringify(never)}`);
    }
  }
}

/** By the first line that says anything. */
function formatOf(first: string, name: string): TraceFormat {
  const line = first.trim();
  if (line.startsWith('{')) return 'annona';
  if (line.startsWith(';') || /^[-+.\d]+(\s+[-+.\d]+){16,17}$/.test(line)) return 'swf';
  if (/^timestamp,duration,/.test(line)) return 'philly';
  if (/^name,cpu_milli,/.test(line)) return 'openb';
  if ([6, 9].includes(first.split('\t').length - 1)) return 'gavel';
  throw new TraceError(`${name}:1: of none of the formats ${TRACE_FORMATS.join(', ')}; state which it is`);
}

/** The first line that is not blank, and all lines again. */
async function peek(lines: AsyncIterable<string>): Promise<{ first: string; all: AsyncIterable<string> }> {
  const seen: string[] = [];
  const rest = lines[Symbol.asyncIterator]();
  let first = '';
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    seen.push(next.value);
    first = next.value;
    if (first.trim() !== '') break;
  }
  async function* all(): AsyncGenerator<string> {
    yield* seen;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  }
  return { first, all: all() };
}
