// A scenario file as the body of POST /v1/simulations: the trace that it names is read here and goes along whole, because a server is told of no
// files. Invariant: nothing else is changed; what the server does not know it refuses by name. Called by jobRuns.ts.

import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseSource, problemLine, sortProblems } from '../../organisation/index.ts';
import { CommandError, EXIT } from '../io.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Of a text in a body of the API. */
const PIECE_BYTES = 4096;
/** Beyond it the body would be refused, without saying why as well. */
const TRACE_BYTES_MOST = 240 * 1024;

export async function simulationBody(file: string): Promise<Fields> {
  const { source, problems, readable } = parseSource(file, (await bytesOf(file)).toString('utf8'));
  if (problems.length > 0 || !readable)
    throw new CommandError(sortProblems(problems).map(problemLine).join('\n'), EXIT.usage);
  const scenario = fieldsOf(source.value);
  if (scenario === null) throw new CommandError(`${file}: a scenario is an object with keys`, EXIT.usage);
  if (scenario.sweep !== undefined)
    throw new CommandError(
      `${file}: a server tries one capacity at a time; take out \`sweep\`, or run \`annona simulate\` here`,
      EXIT.usage,
    );
  const workload = fieldsOf(scenario.workload);
  const trace = fieldsOf(workload?.trace);
  const generate = fieldsOf(workload?.generate);
  if (typeof trace?.file === 'string') {
    const { file: named, ...others } = trace;
    const text = await piecesOf(resolve(dirname(file), trace.file));
    return { ...scenario, workload: { ...workload, trace: { ...others, text } } };
  }
  if (typeof generate?.meanSecondsBetween === 'number') {
    const { meanSecondsBetween, ...others } = generate;
    const meanMillisecondsBetween = Math.max(1, Math.round(generate.meanSecondsBetween * 1000));
    return { ...scenario, workload: { ...workload, generate: { ...others, meanMillisecondsBetween } } };
  }
  return scenario;
}

function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

async function piecesOf(file: string): Promise<string[]> {
  const packed = await bytesOf(file);
  const bytes = packed[0] === 0x1f && packed[1] === 0x8b ? gunzipSync(packed) : packed;
  if (bytes.length > TRACE_BYTES_MOST)
    throw new CommandError(
      `${file} has ${bytes.length} bytes, and at most ${TRACE_BYTES_MOST} go to a server; run \`annona simulate\` here`,
      EXIT.usage,
    );
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    let end = Math.min(bytes.length, at + PIECE_BYTES);
    // Never within a character: bytes 10xxxxxx continue one.
    while (end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end -= 1;
    pieces.push(bytes.subarray(at, end).toString('utf8'));
    at = end;
  }
  return pieces;
}

async function bytesOf(file: string): Promise<Buffer> {
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be read (${error.code})`, EXIT.usage);
  });
}
