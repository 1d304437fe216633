// Views: a batch as its rules see it. Rules that read the same fields share a view, and rows that are alike in them are one row of it.
// Invariant: a rule is given no field but those that its bundle says it reads; what an answer does not prove clean is a hit.
// Called by batch.ts, engine.ts and viewMemo.ts.
import { bytesOf, isRecord, type PolicyManifest, VIEWS_ENTRYPOINT } from './bundle.ts';
import { bitsOf, checkEcho } from './echo.ts';
import { FIELD_READERS } from './rows.ts';
import type { JsonValue, PolicyRow, PolicyRule } from './verdict.ts';

export interface View {
  readonly name: string;
  readonly fields: readonly (keyof PolicyRow)[];
  readonly codes: readonly string[];
}

/** Rows of one view, each for all that are alike in its fields. */
export interface ViewRows {
  readonly view: View;
  readonly rows: readonly PolicyRow[];
}

/** Code to the rows of its view that the rule proved clean, row i in bit i % 8 of byte i / 8. */
export type CleanBits = ReadonlyMap<string, Uint8Array>;

/** Null: the bundle does not say what its rules read, so each is asked about every row. */
export function viewsOf({ entrypoints, rules }: PolicyManifest): View[] | null {
  if (!entrypoints.includes(VIEWS_ENTRYPOINT)) return null;
  const views = new Map<string, { fields: readonly (keyof PolicyRow)[]; codes: string[] }>();
  for (const { code, reads = [] } of rules) {
    const name = reads.join(',');
    const view = views.get(name);
    if (view) view.codes.push(code);
    else views.set(name, { fields: reads, codes: [code] });
  }
  return [...views].map(([name, view]) => ({ name, ...view }));
}

/** One array a field; a view without rows is left out. */
export function encodeViews(tick: string, asked: readonly ViewRows[]): ArrayBuffer {
  const views: Record<string, Record<string, JsonValue>> = {};
  for (const { view, rows } of asked) {
    if (rows.length === 0) continue;
    const columns: Record<string, JsonValue> = {};
    for (const field of view.fields) columns[field] = rows.map(FIELD_READERS[field]);
    views[view.name] = columns;
  }
  return bytesOf(JSON.stringify({ tick, views }));
}

export interface ExpectedViews {
  readonly tick: string;
  readonly data: string;
  /** View to the number of rows that were put before it; one that was left out has none. */
  readonly views: Readonly<Record<string, number>>;
}

/** Reads the views entrypoint's result. Throws if it is not an answer to this chunk by this policy and data. */
export function readClean(
  result: unknown,
  rules: readonly PolicyRule[],
  { tick, data, views }: ExpectedViews,
): CleanBits {
  const { rows, clean } = checkEcho(result, { tick, data });
  if (!isRecord(rows) || !isRecord(clean)) throw new Error('the policy gave no views');
  const bits = new Map<string, Uint8Array>();
  for (const { code, reads = [] } of rules) {
    const name = reads.join(',');
    const n = views[name] ?? 0;
    if (rows[name] !== n) throw new Error(`the policy saw ${rows[name]} of ${n} rows of ${name}`);
    if (!Object.hasOwn(clean, code)) throw new Error(`the policy did not answer for ${code}`);
    bits.set(code, bitsOf(clean[code], n));
  }
  if (Object.keys(clean).length !== rules.length)
    throw new Error('the policy answered for codes that its manifest does not have');
  return bits;
}
