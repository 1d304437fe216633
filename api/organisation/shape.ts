// The JSON Schema applied to one file: each violation becomes a problem at its place, in words, with the choices where they are closed.
// Invariant: all violations of a file at once; the paths whose values have the wrong shape are returned, so that checks skip just those.

import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { allowedNames, meantName, type Problem } from './problem.ts';
import { OrganisationFile } from './schema.ts';
import type { Path, Source } from './source.ts';

export interface ShapeReport {
  readonly problems: readonly Problem[];
  /** Paths below which a value cannot be used as its type says. */
  readonly broken: readonly Path[];
}

export type ShapeCheck = (source: Source) => ShapeReport;

/** `verbose` hands out the violated schema, which holds the allowed keys and values. Compiled once per loader call: about 30 ms. */
export function compileShape(): ShapeCheck {
  return shapeCheckOf(OrganisationFile);
}

/** Of any file that is told about in the same words: a scenario of simulations, beside an organisation. */
export function shapeCheckOf(schema: object): ShapeCheck {
  const validate = new Ajv2020({ allErrors: true, verbose: true, allowUnionTypes: true }).compile(schema);
  return (source) => {
    if (validate(source.value)) return { problems: [], broken: [] };
    const problems: Problem[] = [];
    const broken: Path[] = [];
    for (const error of validate.errors ?? []) {
      const path = pathOf(error.instancePath);
      const { message, allowed, key } = explain(error, path);
      const position = key === null ? source.position(path, 'value') : source.position([...path, key], 'key');
      problems.push({ file: source.file, ...position, message, ...(allowed === null ? {} : { allowed }) });
      // An unknown key spoils nothing beside it; a key that must be a name and is none does, its map refers by keys.
      const spoils = error.keyword !== 'additionalProperties' || error.parentSchema?.properties === undefined;
      if (spoils) broken.push(path);
    }
    return { problems, broken };
  };
}

function pathOf(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

interface Explanation {
  readonly message: string;
  readonly allowed: readonly string[] | null;
  /** The offending key below the path, when it is the key that is wrong. */
  readonly key: string | null;
}

function explain(error: ErrorObject, path: Path): Explanation {
  const name = path.length === 0 ? 'the file' : `"${named(path)}"`;
  const { params } = error;
  const plain = (message: string): Explanation => ({ message, allowed: null, key: null });
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(error, params.additionalProperty);
    case 'required':
      return plain(`${name} lacks the key "${params.missingProperty}"`);
    case 'enum': {
      const allowed = (params.allowedValues as unknown[]).map(String);
      return { message: `${name} is ${shown(error.data)}${meant(allowed, error.data)}`, allowed, key: null };
    }
    case 'type':
      return plain(`${name} must be ${typeNames(params.type)}, not ${shown(error.data)}`);
    case 'pattern':
      return plain(`${name} is ${shown(error.data)}, which is not ${patternName(params.pattern)}`);
    case 'minimum':
      return plain(`${name} is ${shown(error.data)}; at least ${params.limit}`);
    case 'maximum':
      return plain(`${name} is ${shown(error.data)}; at most ${params.limit}`);
    case 'minItems':
      return plain(`${name} must have at least ${params.limit} entry`);
    case 'maxItems':
      return plain(`${name} must have at most ${params.limit} entries`);
    case 'uniqueItems':
      return plain(
        `${name} has the same entry twice (number ${Math.min(params.i, params.j) + 1} and ${Math.max(params.i, params.j) + 1})`,
      );
    case 'minLength':
      return plain(`${name} must not be empty`);
    case 'maxLength':
      return plain(`${name} must have at most ${params.limit} characters`);
    default:
      return plain(`${name} ${error.message}`);
  }
}

function unknownKey(error: ErrorObject, key: string): Explanation {
  const { properties, patternProperties } = error.parentSchema ?? {};
  if (properties === undefined) {
    const [pattern] = Object.keys(patternProperties ?? {});
    return { message: `the key "${key}" is not ${patternName(pattern ?? '')}`, allowed: null, key };
  }
  const keys = Object.keys(properties);
  // The keys of a mapping are shown in the schema's order, the order in which they are best written.
  return { message: `unknown key "${key}"${meant(keys, key)}`, allowed: keys, key };
}

/** Words for the patterns of schema.ts; any other is shown as it is. */
function patternName(pattern: string): string {
  if (pattern.startsWith('^[a-z0-9][a-z0-9.-]')) {
    const most = Number(/,(\d+)\}/.exec(pattern)?.[1] ?? 0) + 1;
    return `a slug (lower case letters, digits, "." and "-", at most ${most} characters)`;
  }
  if (pattern.startsWith('^\\d{4}'))
    return pattern.includes('T') ? 'a UTC minute like 2026-11-23T09:00Z' : 'a day like 2026-11-23';
  if (pattern.includes('24:00')) return 'a time of day like 09:30';
  return `of the form ${pattern}`;
}

function named(path: Path): string {
  const last = path.at(-1)!;
  return /^\d+$/.test(String(last)) ? `${path.at(-2) ?? ''}[${last}]` : String(last);
}

function typeNames(type: string | readonly string[]): string {
  const words: Readonly<Record<string, string>> = {
    object: 'a mapping',
    array: 'a list',
    string: 'a text',
    integer: 'a whole number',
    boolean: 'true or false',
  };
  return [type]
    .flat()
    .map((one) => words[one] ?? one)
    .join(' or ');
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function meant(names: readonly string[], wanted: unknown): string {
  const name = typeof wanted === 'string' ? meantName(names, wanted) : null;
  return name === null ? '' : ` (did you mean "${name}"?)`;
}

/** Message and choices for a name that refers to nothing. */
export function unknownName(what: string, wanted: string, names: Iterable<string>) {
  const all = [...names];
  return { message: `unknown ${what} "${wanted}"${meant(all, wanted)}`, allowed: allowedNames(all, wanted) };
}
