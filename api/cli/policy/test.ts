// `annona policy test`: Rego tests and JSON vectors on the WebAssembly that production runs. Called by index.ts and build.ts.
// Invariant: nothing tested is a failure, for it would look like a pass.
import { type PolicyBundle, PolicyRefused, type PolicyService } from '../../../policies/index.ts';
import {
  type ConstraintResult,
  heldConstraints,
  type PolicyVectors,
  runVectors,
  type TestResult,
  type VectorResult,
  workerPolicy,
} from '../../../policies/node.ts';
import { CommandError, type CommandIo, EXIT } from '../io.ts';
import { counted } from './print.ts';
import { type Authored, author, bundleOf, bytesOfBase64, type ReadOptions } from './sources.ts';

export interface TestOptions extends ReadOptions {
  readonly filter?: string;
}

export interface TestReport {
  readonly rego: readonly TestResult[];
  readonly vectors: readonly VectorResult[];
  readonly constraints: readonly ConstraintResult[];
  readonly hasConstraints: boolean;
}

export async function test(paths: readonly string[], options: TestOptions, io: CommandIo): Promise<number> {
  const authored = await author(paths, options, io);
  try {
    const report = await runAll(authored, options.filter);
    if (!report) return EXIT.checkFailed;
    const [passed, failed] = tally(report);
    if (options.json) io.out(JSON.stringify({ passed, failed, ...report }));
    else printReport(report, io);
    if (passed + failed === 0) {
      throw new CommandError(
        options.filter === undefined
          ? 'there is nothing to test: write test_ rules in a *_test.rego file, or cases in vectors.json'
          : `no test has "${options.filter}" in its name`,
        EXIT.usage,
      );
    }
    return failed === 0 ? EXIT.done : EXIT.checkFailed;
  } finally {
    await authored.close();
  }
}

/** Undefined after the problems of the sources have been printed. */
export async function runAll(authored: Authored, filter?: string): Promise<TestReport | undefined> {
  const answer = await authored.ask('tests');
  if (!answer?.tests) return undefined;
  const named = (one: { readonly name: string }): boolean =>
    filter === undefined || one.name.includes(filter);
  const { wasm } = answer.tests;
  const tests = answer.tests.tests.filter(named);
  const data = { vectors: authored.vectors ?? null };
  const rego =
    wasm && tests.length > 0
      ? await authored.compiler.runTests({ wasm: bytesOfBase64(wasm), tests, data })
      : [];
  const hasConstraints = (answer.constraints ?? []).length > 0;
  const cases = authored.vectors?.cases.filter(named) ?? [];
  if (!authored.vectors || (cases.length === 0 && !hasConstraints))
    return { rego, vectors: [], constraints: [], hasConstraints };
  const built = await authored.ask('build');
  if (!built) return undefined;
  const service = await opened(bundleOf(built), authored.vectors.data);
  try {
    const vectors = await runVectors(service, { ...authored.vectors, cases });
    return { rego, vectors, constraints: constraintsOf(service, authored.vectors), hasConstraints };
  } finally {
    await service.close();
  }
}

/** A bundle that does not load under the data of its vectors is not in order: constraints have file and line. */
async function opened(bundle: PolicyBundle, data: PolicyVectors['data']): Promise<PolicyService> {
  try {
    return await workerPolicy({ bundle, data });
  } catch (error) {
    if (!(error instanceof PolicyRefused)) throw error;
    throw new CommandError(error.message, EXIT.checkFailed);
  }
}

/** What the vectors hold, and names of the constraints that their data does not have. */
function constraintsOf({ constraints }: PolicyService, vectors: PolicyVectors): ConstraintResult[] {
  const strange = constraints.problems.map((problem) => ({
    id: problem,
    passed: false,
    found: null,
    want: null,
  }));
  return [...heldConstraints(vectors, constraints.list), ...strange];
}

export function tally({ rego, vectors, constraints }: TestReport): readonly [passed: number, failed: number] {
  const all = [...rego, ...vectors, ...constraints];
  const passed = all.filter((one) => one.passed).length;
  return [passed, all.length - passed];
}

export function printReport(report: TestReport, io: CommandIo): void {
  for (const one of report.rego) {
    if (one.passed) continue;
    io.out(`FAIL ${one.path}:${one.line} ${one.name}${one.fault === undefined ? '' : `: ${one.fault}`}`);
    for (const name of one.failedCases ?? []) io.out(`    case "${name}"`);
    if (one.cases === 0) io.out('    it has no cases: is the data that it walks there?');
  }
  for (const one of report.vectors) {
    if (one.passed) continue;
    io.out(`FAIL vector "${one.name}"`);
    io.out(`    codes are [${one.codes.join(', ')}], want [${one.wantCodes.join(', ')}]`);
    if (one.wantObligations.join() !== one.obligations.join())
      io.out(`    obligations are [${one.obligations.join(', ')}], want [${one.wantObligations.join(', ')}]`);
  }
  for (const { id, passed, found, want } of report.constraints) {
    if (passed) continue;
    io.out(`FAIL constraint ${id}`);
    if (found !== null || want !== null)
      io.out(
        `    it is ${found === null ? 'not there' : JSON.stringify(found)}, want ${want === null ? 'none' : JSON.stringify(want)}`,
      );
  }
  const [passed, failed] = tally(report);
  const rows = report.constraints.length === 0 ? '' : `, ${counted(report.constraints, 'constraint')}`;
  io.out(
    `${passed} passed, ${failed} failed (${report.rego.length} Rego tests, ${report.vectors.length} vectors${rows})`,
  );
}
