// Compiles TypeBox schemas with ajv and turns its findings into problem details with pointers and allowed values.
// Invariant: nothing is coerced, removed or filled in. The common case runs the quick validator; only a refused small body runs the full one.

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { FastifySchemaCompiler } from 'fastify';
import type { Static, TSchema } from 'typebox';
import { type DetailCode, type ProblemCode, type ProblemDetail, ProblemError } from '../errors.ts';
import { parseInstant } from './time.ts';

/** Beyond it only the first error is named: all errors of a 2 MB body could be a million objects. */
const FULL_REPORT_BYTES_MAX = 16 * 1024;
const DETAILS_MAX = 20;

const AJV_OPTIONS = {
  strict: true,
  allowUnionTypes: true,
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: false,
  verbose: true,
  formats: { instant: (text: string) => parseInstant(text) !== null },
} as const;

/** One of each, so that a schema is compiled once for all servers of a process, when its first value comes; ajv remembers it by its object. */
const quickAjv = new Ajv({ ...AJV_OPTIONS, allErrors: false });
const fullAjv = new Ajv({ ...AJV_OPTIONS, allErrors: true });

export type Check<Schema extends TSchema> = (
  value: unknown,
) =>
  | { readonly ok: true; readonly value: Static<Schema> }
  | { readonly ok: false; readonly errors: readonly ProblemDetail[] };

export function compileCheck<Schema extends TSchema>(schema: Schema): Check<Schema> {
  let quick: ValidateFunction | undefined;
  let full: ValidateFunction | undefined;
  return (value) => {
    quick ??= quickAjv.compile(schema);
    if (quick(value)) return { ok: true, value: value as Static<Schema> };
    const first = quick.errors ?? [];
    if (JSON.stringify(value).length > FULL_REPORT_BYTES_MAX) return { ok: false, errors: detailsOf(first) };
    full ??= fullAjv.compile(schema);
    full(value);
    return { ok: false, errors: detailsOf(full.errors ?? first) };
  };
}

const PART_CODES: Readonly<Record<string, ProblemCode>> = {
  body: 'BODY_INVALID',
  querystring: 'QUERY_INVALID',
  params: 'NOT_FOUND',
};

/** For fastify: a refused part throws the problem itself, so that one error handler writes them all. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = compileCheck(schema);
  const code = PART_CODES[httpPart ?? ''];
  if (!code) throw new Error(`no schema is checked for ${httpPart}`);
  return (value: unknown) => {
    const checked = check(value);
    return checked.ok ? { value: checked.value } : { error: refuse(code, checked.errors) };
  };
};

function refuse(code: ProblemCode, errors: readonly ProblemDetail[]): ProblemError {
  if (code === 'NOT_FOUND') return new ProblemError({ code, detail: 'no object has such an id' });
  return new ProblemError({ code, detail: summarise(errors), errors });
}

/** The first place in words: what a log line or a terminal shows. */
export function summarise(errors: readonly ProblemDetail[]): string {
  const [first, ...others] = errors;
  if (!first) return 'it does not fit its schema';
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  return `${first.pointer || 'the body'}: ${first.message}${more}`;
}

function detailsOf(errors: readonly ErrorObject[]): ProblemDetail[] {
  // The branches of a union fail one by one and then together: the last says it all.
  const unions = errors.filter((error) => error.keyword === 'anyOf').map((error) => error.instancePath);
  const told = errors.filter((error) => error.keyword === 'anyOf' || !unions.includes(error.instancePath));
  return told.slice(0, DETAILS_MAX).map(detailOf);
}

function detailOf(error: ErrorObject): ProblemDetail {
  const { keyword, instancePath, params, message = 'it is wrong' } = error;
  switch (keyword) {
    case 'required':
      return detail(`${instancePath}/${params.missingProperty}`, 'missing', 'it is missing');
    case 'additionalProperties': {
      const allowed = Object.keys((error.parentSchema?.properties as object | undefined) ?? {});
      const field = String(params.additionalProperty).replaceAll('~', '~0').replaceAll('/', '~1');
      return { ...detail(`${instancePath}/${field}`, 'unknown', 'there is no such field'), allowed };
    }
    case 'enum':
      return {
        ...detail(instancePath, 'choice', 'it is none of the allowed values'),
        allowed: params.allowedValues,
      };
    case 'type':
      return detail(instancePath, 'type', `it must be ${[params.type].flat().join(' or ')}`);
    case 'format':
      return detail(
        instancePath,
        'format',
        'it must be an RFC 3339 time with seconds and offset, like 2026-11-23T09:00:00Z',
      );
    case 'pattern':
      return detail(instancePath, 'format', `it must match ${params.pattern}`);
    default:
      return detail(instancePath, KEYWORD_CODES[keyword] ?? 'format', message);
  }
}

const KEYWORD_CODES: Readonly<Record<string, DetailCode>> = {
  minimum: 'range',
  maximum: 'range',
  minLength: 'length',
  maxLength: 'length',
  minItems: 'length',
  maxItems: 'length',
  maxProperties: 'length',
  propertyNames: 'length',
};

function detail(pointer: string, code: DetailCode, message: string): ProblemDetail {
  return { pointer: pointer.slice(0, 500), code, message };
}
