// How the policy commands speak: problems as file:line:column with what to do, tables for people, one JSON object for programs.
// Invariant: what a program reads is on standard output; problems too, for they are what `check` was asked for.
import type { PolicyProblem } from '../../../policies/node.ts';
import type { CommandIo } from '../io.ts';

interface Printing {
  readonly io: CommandIo;
  readonly json: boolean;
}

export function printProblems(problems: readonly PolicyProblem[], { io, json }: Printing): void {
  if (json) {
    io.out(JSON.stringify({ problems }));
    return;
  }
  for (const { path, line, column, code, message, remedy } of problems) {
    const place = path === '' ? '' : `${path}:${line}:${column}: `;
    io.out(`${place}${code}: ${message}`);
    if (remedy !== undefined) io.out(`    ${remedy}`);
  }
  io.err(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`);
}

/** "1 code", "2 codes". */
export function counted(list: readonly unknown[], noun: string): string {
  return `${list.length} ${noun}${list.length === 1 ? '' : 's'}`;
}

/** Columns padded to their widest cell, the last one as it is. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
