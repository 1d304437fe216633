// Rego tests on the engine of production: each test is an entrypoint of the module that its sources were compiled to.
// Invariant: a test passes by being true; undefined, false or an error is a failure. Called by worker.ts.
import { bytesOf, isRecord } from '../bundle.ts';
import { MEMORY_PAGES_MAX, messageOf, openModule } from '../engine.ts';
import type { RegoTest, TestResult } from './protocol.ts';

export interface TestRun {
  readonly wasm: ArrayBuffer;
  readonly tests: readonly RegoTest[];
  /** What the tests see as `data`. */
  readonly data: unknown;
}

// `evaluate` takes a falsy input for none; tests bring their own by `with input as`.
const NO_INPUT = bytesOf('{}');

export function runTests({ wasm, tests, data }: TestRun): TestResult[] {
  const run = openModule({ wasm, dataBytes: bytesOf(JSON.stringify(data)), maximum: MEMORY_PAGES_MAX });
  const ask = (entrypoint: string): unknown => run(entrypoint, NO_INPUT.slice(0), (result) => result);
  return tests.map((test) => {
    const { name, path, line } = test;
    try {
      const answer = ask(test.entrypoint);
      if (test.cases === undefined) return { name, path, line, passed: answer === true };
      const cases = ask(test.cases);
      const listed = Array.isArray(cases) ? cases.map(String).sort() : [];
      const held = isRecord(answer) ? answer : {};
      const failedCases = listed.filter((one) => held[one] !== true);
      // A test without a case has proved nothing.
      const passed = listed.length > 0 && failedCases.length === 0;
      return { name, path, line, passed, cases: listed.length, failedCases };
    } catch (error) {
      return { name, path, line, passed: false, fault: messageOf(error) };
    }
  });
}
