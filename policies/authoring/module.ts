// The compiler from its file: unpacks it and checks that it is the one of its digest.
// Invariant: bytes of another digest never run. Called by node.ts, and through it by whoever serves it to browsers.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { moduleOf } from './instance.ts';
import { CompilerFault } from './protocol.ts';

export interface PackedCompiler {
  /** Brotli over a WebAssembly module. */
  readonly packed: Buffer;
  readonly sha256: string;
}

/** Throws CompilerFault. */
export function packedCompiler(): PackedCompiler {
  const at = (name: string): URL => new URL(`../compiler/${name}`, import.meta.url);
  const packed = readFileSync(at('compiler.wasm.br'));
  const about = JSON.parse(readFileSync(at('compiler.json'), 'utf8')) as { packed: { sha256: string } };
  const { sha256 } = about.packed;
  if (createHash('sha256').update(packed).digest('hex') !== sha256) {
    throw new CompilerFault(
      'COMPILER_DAMAGED',
      'compiler.wasm.br is not of the digest in compiler.json; install Annona anew',
    );
  }
  return { packed, sha256 };
}

const modules = new Map<number, object>();

/** Compiled once a process: its threads share the code, and what the engine has optimised of it. Throws CompilerFault. */
export function compilerModule(pagesMax: number): object {
  let module = modules.get(pagesMax);
  if (module === undefined) {
    module = moduleOf(brotliDecompressSync(packedCompiler().packed), pagesMax);
    modules.set(pagesMax, module);
  }
  return module;
}
