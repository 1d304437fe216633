// `annona policy coverage`: which lines the Rego tests touch, by OPA's interpreter. Called by index.ts and build.ts.
// Invariant: only the author's own files count, neither the library that ships with Annona nor the generated verdict.
import type { CoverageFile, PolicyCoverage } from '../../../policies/node.ts';
import { type CommandIo, EXIT } from '../io.ts';
import { table } from './print.ts';
import { type Authored, author, type ReadOptions } from './sources.ts';

export async function coverage(
  paths: readonly string[],
  options: ReadOptions,
  io: CommandIo,
): Promise<number> {
  const authored = await author(paths, options, io);
  try {
    const covered = await coverageOf(authored);
    if (!covered) return EXIT.checkFailed;
    if (options.json) io.out(JSON.stringify({ percent: coveredPercent(covered.files), ...covered }));
    else printCoverage(covered, io);
    return covered.failed.length === 0 ? EXIT.done : EXIT.checkFailed;
  } finally {
    await authored.close();
  }
}

/** Undefined after the problems of the sources have been printed. */
export async function coverageOf(authored: Authored): Promise<PolicyCoverage | undefined> {
  const covered = (await authored.ask('coverage'))?.coverage;
  if (!covered) return undefined;
  return { ...covered, files: covered.files.filter((file) => !authored.builtIn.includes(file.path)) };
}

/** Of the lines that can be touched; 100 where there are none. One decimal, rounded down: 99.96 is not all. */
export function coveredPercent(files: readonly Pick<CoverageFile, 'lines'>[]): number {
  const covered = files.reduce((sum, { lines }) => sum + lines.covered, 0);
  const all = files.reduce((sum, { lines }) => sum + lines.notCovered, covered);
  return all === 0 ? 100 : Math.floor((covered * 1000) / all) / 10;
}

export function printCoverage(report: PolicyCoverage, io: CommandIo): void {
  const rows = report.files.map((file) => [
    file.path,
    `${coveredPercent([file])} %`,
    file.notCovered.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(' '),
  ]);
  for (const line of table([['file', 'touched', 'lines never touched'], ...rows])) io.out(line);
  for (const name of report.failed) io.out(`FAIL ${name}`);
  io.out(
    `${coveredPercent(report.files)} % of the lines touched; ${report.passed} tests passed, ${report.failed.length} failed`,
  );
}
