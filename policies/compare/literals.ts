// The numbers and texts that a compiled policy compares with: where a limit stands in the Rego and not in the data, it is here.
// Invariant: reads the module's own table of constants and runs nothing. Called by grid.ts through the door.
// Why from the module: two bundles are compared as well as two folders, and a bundle has no sources.

import type { PolicyBundle } from '../bundle.ts';
import { ROW_FIELDS } from '../rows.ts';

export interface PolicyLiterals {
  readonly numbers: readonly number[];
  readonly texts: readonly string[];
}

const DATA_SECTION = 11;
const HEADER_BYTES = 8;
const I32_CONST = 0x41;
const END = 0x0b;
/** OPA's compiler begins its table with the name under which an entrypoint answers. */
const FIRST_TEXT = 'result';
const NUMBER = /^(0|[1-9]\d{0,15})$/;

/** Words of the data, of the generated verdict and of a finding: texts of every module, and values of none. */
const WORDS =
  'result organisation agents departments classes datasets separatedDuties ordinal limits kinds clearanceCeiling maxDurationSeconds ' +
  'maxCostMinor models agentsMost quietHours from to purposeRequiredFrom approvalRequiredFrom revision limit want tick allow data deny ' +
  'n obligations v views clean code field policy rows row findings POLICY_INPUT_INVALID *';

/** What the policies of both bundles compare with: their constants but for the names of fields and rules, and 0, which 1 covers. */
export function comparedWith(bundles: readonly PolicyBundle[]): PolicyLiterals {
  const numbers = new Set<number>();
  const texts = new Set<string>();
  for (const { wasm, manifest } of bundles) {
    const named = manifest.rules.flatMap(({ code, policy, field, reads = [] }) => [
      code,
      policy,
      field,
      reads.join(','),
    ]);
    const names = new Set<string>([...WORDS.split(' '), ...ROW_FIELDS, ...named]);
    const literals = literalsOf(wasm);
    for (const text of literals.texts) if (!names.has(text)) texts.add(text);
    for (const one of literals.numbers) if (one > 0) numbers.add(one);
  }
  return { numbers: [...numbers].sort((a, b) => a - b), texts: [...texts].sort() };
}

/** Constants of a module that OPA compiled, sorted; names of fields and rules are among the texts. Empty for any other module. */
export function literalsOf(wasm: ArrayBuffer): PolicyLiterals {
  const numbers = new Set<number>();
  const texts = new Set<string>();
  for (const text of constantsOf(new Uint8Array(wasm))) {
    if (NUMBER.test(text) && Number.isSafeInteger(Number(text))) numbers.add(Number(text));
    else texts.add(text);
  }
  return { numbers: [...numbers].sort((a, b) => a - b), texts: [...texts].sort() };
}

function constantsOf(module: Uint8Array): string[] {
  for (const segment of dataSegments(module)) {
    const found = textsOf(segment);
    if (found[0] === FIRST_TEXT) return found;
  }
  return [];
}

/** Texts that end in a zero, up to the first that is none: behind them lie the module's structures. */
function textsOf(segment: Uint8Array): string[] {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const found: string[] = [];
  for (let at = 0; at < segment.length; ) {
    const end = segment.indexOf(0, at);
    if (end < at) break;
    const bytes = segment.subarray(at, end);
    if (bytes.some((byte) => byte < 0x20)) break;
    try {
      if (end > at) found.push(decoder.decode(bytes));
    } catch {
      break;
    }
    at = end + 1;
  }
  return found;
}

/** The contents of the active segments with a constant place, which are those that OPA writes. */
function dataSegments(module: Uint8Array): Uint8Array[] {
  const segments: Uint8Array[] = [];
  for (let at = HEADER_BYTES; at < module.length; ) {
    const section = module[at];
    const size = readNumber(module, at + 1);
    if (section === DATA_SECTION) {
      const count = readNumber(module, size.next);
      let from = count.next;
      for (let index = 0; index < count.value; index += 1) {
        if (module[from] !== 0 || module[from + 1] !== I32_CONST) return segments;
        const place = readNumber(module, from + 2);
        if (module[place.next] !== END) return segments;
        const length = readNumber(module, place.next + 1);
        segments.push(module.subarray(length.next, length.next + length.value));
        from = length.next + length.value;
      }
    }
    at = size.next + size.value;
  }
  return segments;
}

/** LEB128. */
function readNumber(bytes: Uint8Array, from: number): { value: number; next: number } {
  let value = 0;
  let next = from;
  for (let factor = 1; next < bytes.length; factor *= 128) {
    const byte = bytes[next] ?? 0;
    next += 1;
    value += (byte & 127) * factor;
    if (byte < 128) break;
  }
  return { value, next };
}
