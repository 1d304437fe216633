// How answers are shown: aligned tables and lists of fields for people, JSON for programs.
// Invariant: one line a row and no trailing spaces; a field that an answer does not have shows as a dash; colour only on a terminal.

import type { View } from '../../client/index.ts';
import { stateText, withColours } from '../../states.ts';
import { type CommandIo, EXIT } from '../io.ts';
import { flagOf } from './options.ts';
import type { Invocation } from './spec.ts';

/** Title, and what of an item stands below it: a field's name or a function. */
export type Column = readonly [title: string, cell: string | ((item: View) => unknown)];

export function table(items: readonly View[], columns: readonly Column[]): string[] {
  const rows = items.map((item) => columns.map(([, cell]) => textOfCell(item, cell)));
  const grid = [columns.map(([title]) => heading(title)), ...rows];
  const isAmount = columns.map(
    (_, at) => rows.length > 0 && rows.every((row) => /^(?:-|[\d.,]+ ?%?)$/.test(row[at] ?? '')),
  );
  const widths = columns.map((_, at) => Math.max(...grid.map((row) => row[at]?.length ?? 0)));
  return grid.map((row) =>
    row
      .map((text, at) => (isAmount[at] ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** `startsAt` as STARTS AT: fields of an answer stand as titles too. */
function heading(title: string): string {
  return title.replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, ' ').toUpperCase();
}

function textOfCell(item: View, cell: Column[1]): string {
  if (typeof cell === 'string') return named(cell, item[cell]);
  return plain(cell(item));
}

/** A field of that name: a state is shown as everywhere, with its icon and in its words. */
function named(name: string, value: unknown): string {
  return name === 'state' && typeof value === 'string' && value !== ''
    ? stateText(plain(value))
    : plain(value);
}

/** On one line, whatever it is. */
export function plain(value: unknown): string {
  if (value === undefined || value === null || value === '') return '-';
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(inner).join(',');
  if (isObject(value)) {
    const entries = Object.entries(value as View).map(([key, each]) => `${key}=${inner(each)}`);
    return entries.length === 0 ? '-' : entries.join(' ');
  }
  // A server's text must not move the cursor of who reads it.
  return String(value).replace(/[\p{Cc}\p{Cf}]/gu, ' ');
}

/** Inside another: objects in parentheses, alternatives with bars. */
function inner(value: unknown): string {
  if (Array.isArray(value) && value.length > 0) return value.map(inner).join('|');
  return isObject(value) && !Array.isArray(value) ? `(${plain(value)})` : plain(value);
}

/** One object: a line a field; an object of objects and a list of objects stand indented below their name. */
export function fields(value: View, indent = ''): string[] {
  const names = Object.keys(value);
  const width = Math.max(0, ...names.map((name) => name.length));
  return names.flatMap((name) => {
    const field = value[name];
    if (Array.isArray(field) && field.some(isObject)) {
      return [`${indent}${name}`, ...tableOf(field).map((line) => `${indent}  ${line}`)];
    }
    if (isObject(field) && !Array.isArray(field) && Object.values(field as View).some(isObject)) {
      return [`${indent}${name}`, ...fields(field as View, `${indent}  `)];
    }
    return [`${indent}${name.padEnd(width)}  ${named(name, field)}`.trimEnd()];
  });
}

/** A column for each field that any of them has. */
export function tableOf(items: readonly View[]): string[] {
  const names = [...new Set(items.flatMap((item) => Object.keys(item)))];
  return table(
    items,
    names.map((name) => [name, name] as const),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Prints one object: as it came with `--json`. */
export function showObject({ io, options }: Invocation, value: View): void {
  if (flagOf(options, 'json')) io.out(JSON.stringify(value));
  else print(io, fields(value));
}

/** Prints a list: `{items}` with `--json`. Answers the exit code. */
export function showList(
  { io, options }: Invocation,
  items: readonly View[],
  { columns, none }: { readonly columns: readonly Column[]; readonly none: string },
): number {
  if (flagOf(options, 'json')) io.out(JSON.stringify({ items }));
  else if (items.length > 0) print(io, table(items, columns));
  else io.err(none);
  return EXIT.done;
}

export function print(io: CommandIo, lines: readonly string[]): void {
  const isColoured = io.terminal?.colour === true;
  for (const line of lines) io.out(isColoured ? withColours(line) : line);
}

/** The first so many of a list; `--all` and `--limit` of the list commands. */
export async function firstOf<Item>(items: AsyncIterable<Item>, most: number): Promise<Item[]> {
  const taken: Item[] = [];
  for await (const item of items) {
    taken.push(item);
    if (taken.length >= most) break;
  }
  return taken;
}
