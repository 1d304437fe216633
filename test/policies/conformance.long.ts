// OPA's own conformance cases, of the pinned Go module, on the WebAssembly that its compiler makes of them: all that can run here
// pass but those named below. Needs Go, which compiles each case by its query, and once the pinned modules.
import { spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as sdk from '@open-policy-agent/opa-wasm';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../policies/engine.ts';
import { ROOT } from './support.ts';

const FOLDER = join(ROOT, 'policies/compiler');
const { go } = JSON.parse(readFileSync(join(FOLDER, 'compiler.json'), 'utf8')) as { go: string };
const present = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).stdout?.trim();

const WIDE =
  'a number beyond 2^53 leaves the module as JSON, and JavaScript rounds it; the host refuses such rows';
const SPRINTF = 'sprintf is the SDK’s, in JavaScript; policies may not call it';
const YAML = 'json and yaml builtins of the SDK, in JavaScript; policies may not call them';
const INTEGER_KEY = 'data with integer keys: the keys of JSON are texts';

/** All that fail, each with its reason. A test fails when one passes. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'aggregates/bignum exact (>64-bit integers through sum and product)': WIDE,
  'aggregates/sum integer fast-path overflow (elements fit int64, sum does not)': WIDE,
  'arithmetic/abs, round, ceil and floor on integers and at the window edges': WIDE,
  'arithmetic/bignum exact (>64-bit integers through plus, minus, multiply)': WIDE,
  'arithmetic/int32 window edges (results crossing into wider integers)': WIDE,
  'data/nested integer': INTEGER_KEY,
  'data/toplevel integer': INTEGER_KEY,
  'jsonbuiltins/unmarshal number beyond the supported exponent is undefined': YAML,
  'jsonbuiltins/unmarshal number with too big an exponent is undefined': YAML,
  'jsonbuiltins/yaml is_valid not string': YAML,
  'jsonbuiltins/yaml is_valid unreachable content': YAML,
  'sprintf/big_int': SPRINTF,
  'sprintf/big_int/max_cert_serial_number': SPRINTF,
  'sprintf/float/exponent': SPRINTF,
  'sprintf/float/zero_fraction': SPRINTF,
  'strings/format_int: bignum exact (>64-bit integer, all bases + negative)': WIDE,
  'strings/sprintf: composite': SPRINTF,
  'strings/sprintf: float too big': SPRINTF,
  'time/time caching': 'it calls a builtin that only OPA’s own test program has',
};

interface Case {
  readonly note: string;
  readonly wasm?: string;
  readonly data?: object;
  readonly input?: unknown;
  readonly inputTerm?: string;
  readonly wantDefined?: boolean;
  readonly wantResult?: readonly unknown[];
  readonly wantsError?: boolean;
  readonly strictError?: boolean;
}

/** Not runnable: a builtin of a host, an error that only a strict interpreter raises, an input that is no JSON. */
type Outcome = 'passed' | 'failed' | 'host builtin' | 'strict error' | 'no JSON';

describe.skipIf(present !== go)(
  `with ${go}, which compiles OPA's cases (here: ${present ?? 'no Go'})`,
  () => {
    it('every runnable case passes but the named exceptions', async () => {
      const home = mkdtempSync(join(tmpdir(), 'annona-conformance-'));
      const counts: Record<Outcome, number> = {
        passed: 0,
        failed: 0,
        'host builtin': 0,
        'strict error': 0,
        'no JSON': 0,
      };
      const failed: string[] = [];
      try {
        for await (const line of compiledCases(home)) {
          const one = JSON.parse(line) as Case;
          const outcome = outcomeOf(one);
          counts[outcome] += 1;
          if (outcome === 'failed') failed.push(one.note);
        }
      } finally {
        rmSync(home, { recursive: true, force: true });
      }
      console.log(JSON.stringify(counts));
      expect(failed.sort()).toEqual(Object.keys(EXCEPTIONS).sort());
      expect(counts.passed).toBeGreaterThan(1_400);
    });
  },
);

function compiledCases(home: string): AsyncIterable<string> {
  const opa = spawnSync('go', ['list', '-m', '-f', '{{.Dir}}', 'github.com/open-policy-agent/opa'], {
    cwd: FOLDER,
    encoding: 'utf8',
  }).stdout.trim();
  const out = join(home, 'cases.jsonl');
  const places = {
    ANNONA_CONFORMANCE_CASES: join(opa, 'v1/test/cases/testdata/v1'),
    ANNONA_CONFORMANCE_OUT: out,
  };
  const made = spawnSync('go', ['test', '-count=1', '-run', 'TestConformanceCases', '.'], {
    cwd: FOLDER,
    encoding: 'utf8',
    env: { ...process.env, ...places },
  });
  expect(made.status, made.stdout + made.stderr).toBe(0);
  return createInterface({ input: createReadStream(out) });
}

function outcomeOf(one: Case): Outcome {
  if (one.wasm === undefined) return one.wantsError ? 'passed' : 'failed';
  let input = one.input;
  if (one.inputTerm !== undefined) {
    try {
      input = JSON.parse(one.inputTerm);
    } catch {
      return 'no JSON';
    }
  }
  let answer: readonly unknown[];
  try {
    const policy = loadPolicySync(Buffer.from(one.wasm, 'base64'), { initial: 64, maximum: 2_048 });
    if (one.data) policy.setData(one.data);
    answer = policy.evaluate(input);
  } catch (error) {
    if (messageOf(error).includes('not implemented')) return 'host builtin';
    return one.wantsError ? 'passed' : 'failed';
  }
  if (one.wantsError) return one.strictError ? 'strict error' : 'failed';
  if (one.wantResult) return sorted(answer) === sorted(one.wantResult) ? 'passed' : 'failed';
  return answer.length > 0 === one.wantDefined ? 'passed' : 'failed';
}

/** Sets leave the module as lists, in an order of its own: so lists are compared as bags. */
function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).sort().join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}:${sorted(one)}`);
  return `{${entries.sort().join()}}`;
}

// As policies/engine.ts has it: the SDK's declarations name an export that its ES module lacks.
const { loadPolicySync } = (sdk as unknown as { default: unknown }).default as {
  loadPolicySync(
    wasm: Uint8Array,
    memory: { initial: number; maximum: number },
  ): { setData(data: object): void; evaluate(input: unknown): readonly unknown[] };
};
