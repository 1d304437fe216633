// A module that follows OPA's ABI with fixed answers, assembled by hand: what no sound compiler would emit.
// Every function returns a constant or its argument; the texts stand in memory as C strings.

import { bytesOf, sha256Hex, VIEWS_ENTRYPOINT } from '../../policies/bundle.ts';
import type { PolicyBundle } from '../../policies/index.ts';
import { defaultBundle } from '../../policies/node.ts';

export interface TinyTexts {
  /** JSON of the builtins that the module says it needs: name to number. */
  readonly builtins: object;
  /** What every evaluation answers. */
  readonly result: object;
}

const I32 = 0x7f;
const BUILTINS_AT = 1_024;
const ENTRYPOINTS_AT = 2_048;
const RESULT_AT = 4_096;
const HEAP_AT = 32_768;

/** The tiny module under the default bundle's manifest, with its hash put right. */
export async function tinyBundle(texts: TinyTexts): Promise<PolicyBundle> {
  const { manifest } = await defaultBundle();
  const wasm = tinyModule(texts);
  // It is asked about whole rows: it has no views.
  const entrypoints = manifest.entrypoints.filter((name) => name !== VIEWS_ENTRYPOINT);
  return {
    wasm,
    manifest: { ...manifest, entrypoints, wasm: { ...manifest.wasm, sha256: await sha256Hex(wasm) } },
  };
}

function tinyModule({ builtins, result }: TinyTexts): ArrayBuffer {
  const entrypoints = { 'annona/verdict/batch': 0, 'annona/verdict/explain': 1 };
  const functions: [name: string, parameters: number, body: number[]][] = [
    ['builtins', 0, constant(BUILTINS_AT)],
    ['entrypoints', 0, constant(ENTRYPOINTS_AT)],
    ['opa_json_dump', 1, [0x20, 0]],
    ['opa_json_parse', 2, constant(HEAP_AT)],
    ['opa_malloc', 1, constant(HEAP_AT)],
    ['opa_heap_ptr_get', 0, constant(HEAP_AT)],
    ['opa_heap_ptr_set', 1, [0x20, 0]],
    ['opa_eval', 7, constant(RESULT_AT)],
  ];
  const globals = [constant(1), constant(3)];
  const sections = [
    section(
      1,
      vector(functions.map(([, n]) => [0x60, ...vector(Array.from({ length: n }, () => [I32])), 1, I32])),
    ),
    section(2, vector([[...name('env'), ...name('memory'), 2, 0, 1]])),
    section(3, vector(functions.map((_, index) => [index]))),
    section(6, vector(globals.map((value) => [I32, 0, ...value, 0x0b]))),
    section(
      7,
      vector([
        ...functions.map(([text], index) => [...name(text), 0, index]),
        [...name('opa_wasm_abi_version'), 3, 0],
        [...name('opa_wasm_abi_minor_version'), 3, 1],
      ]),
    ),
    section(10, vector(functions.map(([, , body]) => sized([0, ...body, 0x0b])))),
    section(
      11,
      vector([data(BUILTINS_AT, builtins), data(ENTRYPOINTS_AT, entrypoints), data(RESULT_AT, [{ result }])]),
    ),
  ];
  return new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]).buffer;
}

/** LEB128; a signed constant below 2^31 needs one more bit than an unsigned number, hence the two limits. */
function leb(value: number, limit: number): number[] {
  return value < limit ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7, limit)];
}

const constant = (value: number): number[] => [0x41, ...leb(value, 0x40)];
const sized = (bytes: number[]): number[] => [...leb(bytes.length, 0x80), ...bytes];
const section = (id: number, bytes: number[]): number[] => [id, ...sized(bytes)];
const vector = (items: number[][]): number[] => [...leb(items.length, 0x80), ...items.flat()];
const name = (text: string): number[] => sized([...new Uint8Array(bytesOf(text))]);
const data = (at: number, value: object): number[] => [
  0,
  ...constant(at),
  0x0b,
  ...sized([...new Uint8Array(bytesOf(`${JSON.stringify(value)}\0`))]),
];
