// The workbench's bench: compiles policies, runs their tests, and holds what was edited against what was, on requests that were made.
// Invariant: nothing leaves the browser and nothing is activated; each answer is of the sources that came with the question. Called by policyWorker.ts.

import {
  type CompilerAnswer,
  type CompilerModule,
  type Explanation,
  impactOf,
  inProcessPolicy,
  type PolicyImpact,
  type PolicyProblem,
  type PolicyRow,
  type PolicyService,
  type PolicySource,
  parseRecord,
  runTests,
  type TestResult,
} from '../../../policies/index.ts';

export type BenchQuestion =
  | { readonly kind: 'check'; readonly sources: readonly PolicySource[] }
  | { readonly kind: 'tests'; readonly sources: readonly PolicySource[] }
  | {
      readonly kind: 'impact';
      readonly before: readonly PolicySource[];
      readonly after: readonly PolicySource[];
      /** What GET /v1/policy-rows answers. */
      readonly record: unknown;
    }
  | {
      readonly kind: 'explain';
      readonly sources: readonly PolicySource[];
      readonly record: unknown;
      readonly row: PolicyRow;
    };

export interface Checked {
  readonly problems: readonly PolicyProblem[];
  readonly rules: NonNullable<CompilerAnswer['rules']>;
}

export type BenchAnswer =
  | ({ readonly kind: 'checked' } & Checked)
  | {
      readonly kind: 'tested';
      readonly problems: readonly PolicyProblem[];
      readonly results: readonly TestResult[];
    }
  | { readonly kind: 'impact'; readonly impact: PolicyImpact }
  | { readonly kind: 'explained'; readonly explanation: Explanation };

const NAME = 'edited';

export async function answerOf(compiler: CompilerModule, question: BenchQuestion): Promise<BenchAnswer> {
  switch (question.kind) {
    case 'check': {
      const { problems, rules = [] } = asked(compiler, 'check', question.sources);
      return { kind: 'checked', problems, rules };
    }
    case 'tests': {
      const { problems, tests } = asked(compiler, 'tests', question.sources);
      const wasm = tests?.wasm ?? null;
      const run = wasm === null ? null : { wasm: bytesOf(wasm), tests: tests?.tests ?? [], data: {} };
      return { kind: 'tested', problems, results: run === null ? [] : runTests(run) };
    }
    case 'impact': {
      const record = parseRecord(question.record);
      const before = await serviceOf(compiler, question.before, record.data);
      const after = await serviceOf(compiler, question.after, record.data);
      return { kind: 'impact', impact: await impactOf(record, { before, after }) };
    }
    case 'explain': {
      const { data } = parseRecord(question.record);
      const service = await serviceOf(compiler, question.sources, data);
      return { kind: 'explained', explanation: await service.explain(question.row) };
    }
    default: {
      const never: never = question;
      throw new Error(`unknown question ${JSON.stringify(never)}`);
    }
  }
}

function asked(
  compiler: CompilerModule,
  command: 'check' | 'build' | 'tests',
  sources: readonly PolicySource[],
): CompilerAnswer {
  // Tests are no part of a bundle, and a bundle no part of tests.
  const wanted = command === 'tests' ? sources : sources.filter(({ path }) => !path.endsWith('_test.rego'));
  return compiler.ask({ command, name: NAME, out: NAME, sources: wanted });
}

async function serviceOf(
  compiler: CompilerModule,
  sources: readonly PolicySource[],
  data: Parameters<typeof inProcessPolicy>[0]['data'],
): Promise<PolicyService> {
  const { problems, bundle } = asked(compiler, 'build', sources);
  if (bundle === undefined) {
    const [first] = problems;
    throw new Error(
      first === undefined ? 'it does not compile' : `${first.path}:${first.line}: ${first.message}`,
    );
  }
  return inProcessPolicy({ bundle: { manifest: bundle.manifest, wasm: bytesOf(bundle.wasm) }, data });
}

function bytesOf(base64: string): ArrayBuffer {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)).buffer;
}
