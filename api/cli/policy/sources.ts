// What every `annona policy` command begins with: the sources below the given paths, their vectors, a compiler, a bundle.
// Invariant: whatever fails on the way to a compiled bundle is one CommandError or a printed list of problems.
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { PolicyBundle } from '../../../policies/index.ts';
import {
  type CompilerAnswer,
  CompilerFault,
  type CompilerRequest,
  type PolicyCompiler,
  type PolicyProblem,
  type PolicySource,
  type PolicyVectors,
  parseVectors,
  policyCompiler,
  readPolicySources,
  stableName,
} from '../../../policies/node.ts';
import { CommandError, type CommandIo, EXIT } from '../io.ts';
import { printProblems } from './print.ts';

export interface ReadOptions {
  readonly vectors?: string;
  readonly json?: boolean;
}

export interface Authored {
  readonly compiler: PolicyCompiler;
  readonly vectors: PolicyVectors | undefined;
  /** Names of sources that are not the author's. */
  readonly builtIn: readonly string[];
  /** The answer, or undefined after its problems have been printed. */
  ask(command: CompilerRequest['command']): Promise<CompilerAnswer | undefined>;
  /** A problem of the rule with this code, at its place in the sources. */
  problemAt(code: string, message: string): PolicyProblem;
  /** Ends the compiler's thread. */
  close(): Promise<void>;
}

/** `out` names the bundle; without one it is named after the first path. A `compiler` that is given stays its giver's to close. */
export async function author(
  paths: readonly string[],
  options: ReadOptions & { readonly out?: string; readonly compiler?: PolicyCompiler },
  io: CommandIo,
): Promise<Authored> {
  const from = process.cwd();
  const read = readPaths(paths, from);
  const vectors = await readVectors(options.vectors === undefined ? read.vectorFiles : [options.vectors]);
  const out = resolve(from, options.out ?? basename(resolve(from, paths[0] ?? '.')));
  const compiler = options.compiler ?? policyCompiler();
  const request = {
    name: basename(out),
    out: stableName(out, { root: resolve(out, '..'), from }),
    sources: read.sources,
    data: { vectors: vectors ?? null },
  };
  return {
    compiler,
    vectors,
    builtIn: read.builtIn,
    async ask(command) {
      const answer = await compile(compiler, { ...request, command });
      if (answer.problems.length === 0) return answer;
      printProblems(answer.problems, { io, json: options.json === true });
      return undefined;
    },
    problemAt: (code, message) => ({ ...placeOf(read.sources, code), code: 'obligation', message }),
    close: async () => {
      if (options.compiler === undefined) await compiler.close();
    },
  };
}

/** Where the rule begins, of METADATA that was read without its place. */
function placeOf(
  sources: readonly PolicySource[],
  code: string,
): Pick<PolicyProblem, 'path' | 'line' | 'column'> {
  for (const { path, text } of sources) {
    const line = text.split('\n').findIndex((one) => one.startsWith(`${code}(`));
    if (line >= 0) return { path, line: line + 1, column: 1 };
  }
  return { path: '', line: 0, column: 0 };
}

/** A compiled answer as the runtime takes it. */
export function bundleOf(answer: CompilerAnswer): PolicyBundle {
  if (!answer.bundle) throw new Error('the compiler answered without a bundle');
  return { manifest: answer.bundle.manifest, wasm: bytesOfBase64(answer.bundle.wasm) };
}

export function bytesOfBase64(base64: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(base64, 'base64')).buffer;
}

export async function readJson(file: string): Promise<unknown> {
  const reading = file === '-' ? text(process.stdin) : readFile(file, 'utf8');
  const content = await reading.catch((error: Error) => {
    throw new CommandError(error.message, EXIT.usage);
  });
  try {
    return JSON.parse(content);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${file === '-' ? 'standard input' : file} is not JSON: ${why}`, EXIT.usage);
  }
}

async function compile(compiler: PolicyCompiler, request: CompilerRequest): Promise<CompilerAnswer> {
  try {
    return await compiler.compile(request);
  } catch (error) {
    if (error instanceof CompilerFault) throw new CommandError(error.message, EXIT.failed);
    throw error;
  }
}

function readPaths(paths: readonly string[], from: string): ReturnType<typeof readPolicySources> {
  try {
    const read = readPolicySources(paths, from);
    if (read.sources.length > read.builtIn.length) return read;
    const where = paths.join(', ');
    throw new CommandError(
      `no .rego file in ${where}; annona policy init DIR writes a first policy`,
      EXIT.usage,
    );
  } catch (error) {
    if (error instanceof Error && 'syscall' in error)
      throw new CommandError(`${error.message}; annona policy init DIR writes a first policy`, EXIT.usage);
    throw error;
  }
}

async function readVectors(files: readonly string[]): Promise<PolicyVectors | undefined> {
  const [file, other] = files;
  if (file === undefined) return undefined;
  if (other !== undefined)
    throw new CommandError(`both ${file} and ${other} are vectors: choose with --vectors`, EXIT.usage);
  const value = await readJson(file);
  try {
    return parseVectors(value);
  } catch (error) {
    throw new CommandError(`${file}: ${error instanceof Error ? error.message : error}`, EXIT.usage);
  }
}
