// Plain comma-separated tables with a header line, one row at a time: what the public traces use. No quoting occurs in them.
// Invariant: a broken line is reported with its number and never becomes a row.

export interface CsvRow {
  /** 1-based, the header is line 1. */
  readonly line: number;
  readonly field: (name: string) => string;
}

export class TraceError extends Error {
  override name = 'TraceError';
}

/** Throws `TraceError` when the header lacks a wanted column or a line has another number of fields. */
export async function* readCsv(
  lines: AsyncIterable<string>,
  file: { readonly name: string; readonly columns: readonly string[] },
): AsyncGenerator<CsvRow> {
  let header: Map<string, number> | null = null;
  let line = 0;
  for await (const text of lines) {
    line += 1;
    const fields = text.trimEnd().split(',');
    if (header === null) {
      header = headerOf(fields, file);
      continue;
    }
    if (text.trim() === '') continue;
    if (fields.length !== header.size) {
      throw new TraceError(
        `${file.name}:${line}: ${fields.length} fields where the header has ${header.size}`,
      );
    }
    const positions = header;
    yield { line, field: (name) => fields[positions.get(name) ?? -1] ?? '' };
  }
  if (header === null) throw new TraceError(`${file.name}: empty`);
}

function headerOf(
  fields: readonly string[],
  file: { readonly name: string; readonly columns: readonly string[] },
): Map<string, number> {
  const header = new Map(fields.map((name, i) => [name.trim(), i]));
  const missing = file.columns.filter((column) => !header.has(column));
  if (missing.length === 0) return header;
  throw new TraceError(`${file.name}:1: no column ${missing.join(', ')}; found ${fields.join(', ')}`);
}

/** A whole, non-negative number, or null. */
export function wholeNumber(text: string): number | null {
  if (!/^\d+$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}
