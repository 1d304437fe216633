// How long the compiler of policies takes to start and to answer. Called by policy.ts.
// Invariant: the sources are the default policies with their tests, one of them edited before each call, as an author's are; each figure is of
// calls one after the other. `again`: a build of what was just checked, as `annona policy build` does it after the tests.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type PolicySource, policyCompiler, readPolicySources } from '../policies/node.ts';

const ROOT = join(import.meta.dirname, '..');
const COMMANDS = ['check', 'build', 'tests', 'coverage'] as const;
/** OPA's interpreter under WebAssembly takes seconds over the tests. */
const COVERAGE_ROUNDS = 2;

export async function compileFigures(rounds: number) {
  const { sources } = readPolicySources([join(ROOT, 'policies/rego')], ROOT);
  const data = {
    vectors: JSON.parse(readFileSync(join(ROOT, 'test/policies/vectors.json'), 'utf8')) as unknown,
  };
  const request = { name: 'default', out: 'policies/rego/default', sources, data };
  const rssBefore = process.memoryUsage.rss();

  const compiler = policyCompiler();
  let edits = 0;
  const edited = (): typeof sources => {
    edits += 1;
    const [first, ...others] = sources as [PolicySource, ...PolicySource[]];
    return [{ ...first, text: `${first.text}# edit ${edits}\n` }, ...others];
  };
  const timed = async (command: (typeof COMMANDS)[number], asked = edited()): Promise<number> => {
    const from = performance.now();
    const { problems } = await compiler.compile({ ...request, sources: asked, command });
    if (problems.length > 0) throw new Error(JSON.stringify(problems));
    return performance.now() - from;
  };
  const round = (value: number): number => Math.round(value * 10) / 10;

  // The first call starts the thread, unpacks 3.5 MB to 26 and compiles them.
  const firstCheckMs = round(await timed('check'));
  const warm: Record<string, { p50Ms: number; maxMs: number }> = {};
  for (const command of COMMANDS) {
    const times: number[] = [];
    const most = command === 'coverage' ? Math.min(rounds, COVERAGE_ROUNDS) : rounds;
    for (let index = 0; index < most; index += 1) times.push(await timed(command));
    times.sort((a, b) => a - b);
    warm[command] = { p50Ms: round(times[Math.floor(most / 2)] ?? 0), maxMs: round(times.at(-1) ?? 0) };
  }
  const again: number[] = [];
  for (let index = 0; index < rounds; index += 1) {
    const asked = edited();
    await timed('check', asked);
    again.push(await timed('build', asked));
  }
  again.sort((a, b) => a - b);
  const againMs = round(again[Math.floor(rounds / 2)] ?? 0);
  const rssMiB = Math.round((process.memoryUsage.rss() - rssBefore) / 1024 / 1024);
  await compiler.close();

  const packedBytes = statSync(join(ROOT, 'policies/compiler/compiler.wasm.br')).size;
  return { rounds, packedBytes, firstCheckMs, warm, againMs, rssMiB };
}
