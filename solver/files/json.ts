// Reads our own form: columns and rows by name, as docs/program.schema.json states it. Pure.
// Invariant: unknown fields are refused, nothing is coerced, numbers are read exactly. Called by files.ts.
import type { Program } from '../programs/program.ts';
import { readBound, readNumber } from './decimal.ts';
import { ProgramDraft } from './draft.ts';
import { FileFault } from './fault.ts';
import { type JsonNode, parseJsonText } from './jsonText.ts';

const FIELDS = {
  program: ['version', 'name', 'sense', 'offset', 'columns', 'rows'],
  column: ['name', 'objective', 'lower', 'upper', 'kind'],
  row: ['name', 'terms', 'lower', 'upper', 'equals'],
} as const;

type Entries = Extract<JsonNode, { type: 'object' }>['entries'];

/** Throws FileFault. */
export function readJson(text: string): { program: Program; notes: string[] } {
  const document = parseJsonText(text);
  const fields = fieldsOf(document, 'program');
  const version = need(fields, document, 'version');
  if (version.type !== 'number' || version.text !== '1')
    throw new FileFault(version, 'an unknown version', 'this is version 1: write "version": 1');
  const draft = new ProgramDraft();
  draft.name = stringAt(fields, 'name') ?? '';
  draft.sense = senseOf(need(fields, document, 'sense'));
  draft.offset = numberAt(fields, 'offset') ?? 0;
  for (const node of listOf(need(fields, document, 'columns'), 'columns')) readColumn(draft, node);
  for (const node of listOf(need(fields, document, 'rows'), 'rows')) readRow(draft, node);
  return { program: draft.build(), notes: [] };
}

function readColumn(draft: ProgramDraft, node: JsonNode): void {
  const fields = fieldsOf(node, 'column');
  const name = nameOf(need(fields, node, 'name'));
  if (draft.column(name) !== undefined)
    throw new FileFault(node, `column ${name} stands twice`, 'give each column its own name');
  const kind = stringAt(fields, 'kind') ?? 'continuous';
  if (kind !== 'continuous' && kind !== 'integer' && kind !== 'binary')
    throw new FileFault(
      fields.get('kind')!.value,
      `unknown kind "${kind}"`,
      'kinds are continuous, integer and binary',
    );
  for (const bound of ['lower', 'upper']) {
    const at = fields.get(bound)?.key;
    if (kind === 'binary' && at !== undefined)
      throw new FileFault(
        at,
        `a bound on the binary column ${name}`,
        'a binary column runs from 0 to 1; write "kind": "integer" for another',
      );
  }
  const column = draft.addColumn(name);
  column.objective = numberAt(fields, 'objective') ?? 0;
  column.integer = kind !== 'continuous';
  column.lower = boundAt(fields, 'lower', { absent: 0, none: Number.NEGATIVE_INFINITY });
  const most = kind === 'binary' ? 1 : Number.POSITIVE_INFINITY;
  column.upper = boundAt(fields, 'upper', { absent: most, none: Number.POSITIVE_INFINITY });
}

function readRow(draft: ProgramDraft, node: JsonNode): void {
  const fields = fieldsOf(node, 'row');
  const name = nameOf(need(fields, node, 'name'));
  if (draft.row(name) !== undefined)
    throw new FileFault(node, `row ${name} stands twice`, 'give each row its own name');
  const equals = numberAt(fields, 'equals');
  if (equals === null && !fields.has('lower') && !fields.has('upper'))
    throw new FileFault(node, `row ${name} has no side`, 'give it "lower", "upper", both, or "equals"');
  const second = equals === null ? undefined : (fields.get('lower') ?? fields.get('upper'));
  if (second !== undefined)
    throw new FileFault(second.key, `row ${name} has "equals" and another side`, 'keep one of them');
  const row = draft.addRow(
    name,
    equals ?? boundAt(fields, 'lower', { absent: Number.NEGATIVE_INFINITY, none: Number.NEGATIVE_INFINITY }),
    equals ?? boundAt(fields, 'upper', { absent: Number.POSITIVE_INFINITY, none: Number.POSITIVE_INFINITY }),
  );
  const terms = need(fields, node, 'terms');
  if (terms.type !== 'object')
    throw new FileFault(
      terms,
      `the terms of row ${name} are no object`,
      'write {"column": coefficient, ...}',
    );
  for (const [columnName, { key, value }] of terms.entries) {
    const column = draft.column(columnName);
    if (column === undefined)
      throw new FileFault(key, `unknown column ${columnName}`, 'columns are named in "columns"');
    row.entries.set(column.index, numberOf(value, `the coefficient of ${columnName} in ${name}`));
  }
}

function fieldsOf(node: JsonNode, what: keyof typeof FIELDS): Entries {
  if (node.type !== 'object')
    throw new FileFault(node, `a ${what} is an object`, `it has ${FIELDS[what].join(', ')}`);
  const allowed: readonly string[] = FIELDS[what];
  for (const [name, { key }] of node.entries) {
    if (!allowed.includes(name))
      throw new FileFault(key, `unknown field "${name}" of a ${what}`, `fields are ${allowed.join(', ')}`);
  }
  return node.entries;
}

function need(fields: Entries, of: JsonNode, name: string): JsonNode {
  const found = fields.get(name);
  if (found === undefined) throw new FileFault(of, `"${name}" is missing`, `add "${name}"`);
  return found.value;
}

function stringAt(fields: Entries, name: string): string | null {
  const node = fields.get(name)?.value;
  if (node === undefined) return null;
  if (node.type !== 'string')
    throw new FileFault(node, `"${name}" is no string`, 'write it in double quotes');
  return node.text;
}

function nameOf(node: JsonNode): string {
  if (node.type === 'string' && node.text !== '') return node.text;
  throw new FileFault(node, 'a name is a string that is not empty', 'write it in double quotes');
}

function senseOf(node: JsonNode): Program['sense'] {
  if (node.type === 'string' && (node.text === 'maximise' || node.text === 'minimise')) return node.text;
  throw new FileFault(node, 'unknown sense', 'write "maximise" or "minimise"');
}

function listOf(node: JsonNode, name: string): readonly JsonNode[] {
  if (node.type !== 'array') throw new FileFault(node, `"${name}" is no list`, 'write it in square brackets');
  return node.items;
}

function numberAt(fields: Entries, name: string): number | null {
  const node = fields.get(name)?.value;
  return node === undefined ? null : numberOf(node, `"${name}"`);
}

function numberOf(node: JsonNode, what: string): number {
  if (node.type !== 'number')
    throw new FileFault(node, `${what} is no number`, 'write a number, without quotes');
  return readNumber(node.text, node, what);
}

/** `null`: there is none. */
function boundAt(fields: Entries, name: string, { absent, none }: { absent: number; none: number }): number {
  const node = fields.get(name)?.value;
  if (node === undefined) return absent;
  if (node.type === 'null') return none;
  if (node.type !== 'number')
    throw new FileFault(node, `"${name}" is no number`, 'write a number, or null for no bound');
  return readBound(node.text, node, `"${name}"`);
}
