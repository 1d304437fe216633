// The compiler as a module that answers: its memory capped, asked with one document, answering with one.
// Invariant: pure, so that a browser runs the same compiler; whose bytes they are is for the caller to check. Called by module.ts and, through
// the door, by the console.
import { type CompilerAnswer, CompilerFault, type CompilerRequest } from './protocol.ts';
import { wasiHost } from './wasi.ts';

/** 1 GiB of 64 KiB pages; the default policies take about 120 MiB. */
export const COMPILER_PAGES_MAX = 16_384;
const MEMORY_SECTION = 5;
const HEADER_BYTES = 8;

export interface CompilerModule {
  ask(request: CompilerRequest): CompilerAnswer;
}

/** `wasm`: the compiler, unpacked. Compiles on the calling thread; throws CompilerFault. */
export function compilerOf(wasm: Uint8Array, pagesMax: number = COMPILER_PAGES_MAX): CompilerModule {
  return instanceOf(moduleOf(wasm, pagesMax));
}

/** The code alone, which any number of threads may share. Throws CompilerFault. */
export function moduleOf(wasm: Uint8Array, pagesMax: number): object {
  return new (webAssembly().Module)(cappedMemory(wasm, pagesMax));
}

/** A compiler of its own over such code. */
export function instanceOf(module: object): CompilerModule {
  const { Instance } = webAssembly();
  let memory: { readonly buffer: ArrayBuffer } | undefined;
  const host = wasiHost(() => memory?.buffer ?? new ArrayBuffer(0));
  const { exports } = new Instance(module, { wasi_snapshot_preview1: host.imports });
  memory = exports.memory;
  exports._initialize();
  const lastWords = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      // A panic of Go ends in a trap that says nothing; what it wrote before says it.
      const said = host.lastWords().split('\n', 3).join('; ');
      throw new CompilerFault('COMPILER_CRASHED', said || String(error));
    }
  };
  return {
    ask(request) {
      const text = new TextEncoder().encode(JSON.stringify(request));
      const into = exports.reserve(text.length) >>> 0;
      new Uint8Array(exports.memory.buffer, into, text.length).set(text);
      const length = lastWords(() => exports.answer());
      const answer = new Uint8Array(exports.memory.buffer, exports.reply() >>> 0, length);
      return JSON.parse(new TextDecoder().decode(answer)) as CompilerAnswer;
    },
  };
}

function webAssembly(): WebAssemblyApi {
  return (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
}

/** Go's linker states no maximum, and the memory is the module's own: so the maximum is written into its memory section. */
export function cappedMemory(wasm: Uint8Array, pagesMax: number): Uint8Array {
  let at = HEADER_BYTES;
  while (at < wasm.length) {
    const section = wasm[at];
    const size = readNumber(wasm, at + 1);
    const from = size.next;
    const to = from + size.value;
    if (section !== MEMORY_SECTION) {
      at = to;
      continue;
    }
    if (wasm[from] !== 1 || wasm[from + 1] !== 0) break;
    const initial = readNumber(wasm, from + 2).value;
    if (initial > pagesMax) {
      throw new CompilerFault(
        'COMPILER_CRASHED',
        `the compiler needs ${initial} pages of memory to start, the maximum is ${pagesMax}`,
      );
    }
    const limits = [1, 1, ...numberBytes(initial), ...numberBytes(pagesMax)];
    const written = [MEMORY_SECTION, ...numberBytes(limits.length), ...limits];
    const capped = new Uint8Array(at + written.length + wasm.length - to);
    capped.set(wasm.subarray(0, at));
    capped.set(written, at);
    capped.set(wasm.subarray(to), at + written.length);
    return capped;
  }
  throw new CompilerFault('COMPILER_DAMAGED', 'the compiler has no single memory without a maximum');
}

/** LEB128, unsigned. */
function readNumber(bytes: Uint8Array, from: number): { value: number; next: number } {
  let value = 0;
  let next = from;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[next] ?? 0;
    next += 1;
    value += (byte & 127) * factor;
    if (byte < 128) return { value, next };
  }
}

function numberBytes(value: number): number[] {
  const rest = Math.floor(value / 128);
  return rest === 0 ? [value] : [(value % 128) + 128, ...numberBytes(rest)];
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  _initialize(): void;
  reserve(size: number): number;
  answer(): number;
  reply(): number;
}

// TypeScript's libraries declare WebAssembly only for the DOM; typed here as far as it is used.
interface WebAssemblyApi {
  readonly Module: new (wasm: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Exports };
}
