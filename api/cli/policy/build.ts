// `annona policy build`: checks, tests, and writes the three files of a bundle; or, on any failure, none of them.
import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CommandError, type CommandIo, EXIT } from '../io.ts';
import { dutyProblems } from './check.ts';
import { coverageOf, coveredPercent, printCoverage } from './coverage.ts';
import { counted, printProblems } from './print.ts';
import { writeSigned } from './sign.ts';
import { author, bytesOfBase64, type ReadOptions } from './sources.ts';
import { printReport, runAll, tally } from './test.ts';

export interface BuildOptions extends ReadOptions {
  readonly output: string;
  /** Percent. */
  readonly coverage?: string;
  /** Private key; then the signed file is written too. */
  readonly sign?: string;
}

export async function build(paths: readonly string[], options: BuildOptions, io: CommandIo): Promise<number> {
  const out = options.output.replace(/\.wasm$/, '');
  const floor = percent(options.coverage);
  // Before minutes of tests, not after.
  const folder = dirname(resolve(out));
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new CommandError(`--output ${options.output}: ${folder} is no folder`, EXIT.usage);
  const authored = await author(paths, { ...options, out }, io);
  try {
    const report = await runAll(authored);
    if (!report) return EXIT.checkFailed;
    if (report.hasConstraints && !authored.vectors)
      throw new CommandError(
        'constraints are judged under an organisation: write vectors.json with data, or name it with --vectors; nothing is written',
        EXIT.usage,
      );
    const [passed, failed] = tally(report);
    if (failed > 0) {
      printReport(report, io);
      throw new CommandError('tests failed: nothing is written', EXIT.checkFailed);
    }
    if (floor !== undefined) {
      const covered = await coverageOf(authored);
      if (!covered) return EXIT.checkFailed;
      if (covered.failed.length > 0 || coveredPercent(covered.files) < floor) {
        printCoverage(covered, io);
        throw new CommandError(
          `the tests touch less than ${floor} % of the lines, or fail in OPA's interpreter: nothing is written`,
          EXIT.checkFailed,
        );
      }
    }
    const bundle = (await authored.ask('build'))?.bundle;
    if (!bundle) return EXIT.checkFailed;
    const unknown = dutyProblems(authored, bundle.manifest.rules);
    if (unknown.length > 0) {
      printProblems(unknown, { io, json: options.json === true });
      return EXIT.checkFailed;
    }
    await writeFile(`${out}.wasm`, new Uint8Array(bytesOfBase64(bundle.wasm)));
    await writeFile(`${out}.manifest.json`, `${JSON.stringify(bundle.manifest, null, 2)}\n`);
    await writeFile(`${out}.verdict.rego`, bundle.verdict);
    if (options.sign !== undefined) {
      const signed = { bundle: { manifest: bundle.manifest, wasm: bytesOfBase64(bundle.wasm) }, output: out };
      await writeSigned({ ...signed, vectors: authored.vectors, key: options.sign });
    }
    const { revision, rules, constraints = [], wasm } = bundle.manifest;
    const codes = rules.map((rule) => rule.code);
    const also = constraints.map((constraint) => constraint.code);
    if (options.json) io.out(JSON.stringify({ revision, wasm, codes, constraints: also, tests: passed }));
    else {
      const rows = also.length === 0 ? '' : `${counted(also, 'constraint')}, `;
      io.out(
        `${out}.wasm: revision ${revision.slice(0, 12)}, ${counted(codes, 'code')}, ${rows}${passed} tests passed`,
      );
    }
    return EXIT.done;
  } finally {
    await authored.close();
  }
}

function percent(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 100) return value;
  throw new CommandError(`--coverage ${text} is not a percentage from 0 to 100`, EXIT.usage);
}
