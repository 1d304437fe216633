// The schemas themselves: plain JSON Schema that any reader can compile, closed on the way in, bounded everywhere.

import { Ajv } from 'ajv';
import type { TSchema } from 'typebox';
import { describe, expect, it } from 'vitest';
import * as fields from '../../../../api/http/schemas/fields.ts';
import { SIMULATED_FORMATS, SIMULATED_SCHEDULERS } from '../../../../api/http/schemas/simulations.ts';
import { BatchBody, SubmissionBody } from '../../../../api/http/schemas/submission.ts';
import * as views from '../../../../api/http/schemas/views.ts';
import { compileCheck } from '../../../../api/http/validate.ts';
import { SCHEDULERS, TRACE_FORMATS } from '../../../../simulations/index.ts';
import { anEdge, aSubmission } from '../support.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Every schema inside a schema, with the path to it. */
function* within(schema: unknown, path: string): Generator<readonly [path: string, schema: Schema]> {
  if (typeof schema !== 'object' || schema === null) return;
  if (!Array.isArray(schema)) yield [path, schema as Schema];
  for (const [key, inner] of Object.entries(schema)) yield* within(inner, `${path}/${key}`);
}

/** Whatever the running edge checks on the way in: bodies, queries, parameters. */
async function accepted(): Promise<(readonly [path: string, schema: Schema])[]> {
  const { routes } = await anEdge();
  return routes.flatMap(({ method, url, schema = {} }) =>
    (['body', 'querystring', 'params'] as const).flatMap((part) => [
      ...within(schema[part], `${method} ${url} ${part}`),
    ]),
  );
}

describe('the schemas', () => {
  it('are plain JSON Schema', () => {
    const all = Object.entries({ ...fields, ...views, SubmissionBody, BatchBody }).filter(
      ([, value]) => typeof value === 'object',
    );
    expect(all.length).toBeGreaterThan(20);
    for (const [name, schema] of all) {
      if (name === 'PageQueryFields') continue;
      const plain = JSON.parse(JSON.stringify(schema));
      expect(plain).toEqual(schema);
      const ajv = new Ajv({ strict: true, allowUnionTypes: true, formats: { instant: true } });
      expect([name, typeof ajv.compile(plain)]).toEqual([name, 'function']);
    }
  });

  it('compile, each that a route checks a value by', async () => {
    const { routes } = await anEdge();
    const checked = routes.flatMap(({ schema = {} }) =>
      [schema.body, schema.querystring, schema.params].filter((part) => part !== undefined),
    );
    expect(checked.length).toBeGreaterThan(100);
    // What most refuse, so that the full validator is compiled as well as the quick one.
    for (const schema of checked)
      expect(compileCheck(schema as TSchema)(null)).toEqual(
        expect.objectContaining({ ok: expect.any(Boolean) }),
      );
  });

  it('refuse unknown fields wherever an object comes in', async () => {
    const open = (await accepted()).filter(([, schema]) => {
      const properties = schema.properties !== undefined && schema.type === 'object';
      return properties && schema.additionalProperties !== false;
    });
    expect(open.map(([path]) => path)).toEqual([]);
  });

  it('bound every list, text and amount that comes in', async () => {
    const unbounded = (await accepted()).filter(([, schema]) => {
      const types = [schema.type].flat();
      const list = types.includes('array') && schema.maxItems === undefined;
      const text = types.includes('string') && schema.maxLength === undefined && schema.pattern === undefined;
      const amount = types.includes('integer') && !(Number(schema.maximum) <= Number.MAX_SAFE_INTEGER);
      const number = types.includes('number');
      const isListed = schema.enum !== undefined || schema.const !== undefined;
      return (list || text || amount || number) && !isListed;
    });
    expect(unbounded.map(([path]) => path)).toEqual([]);
  });

  // The edge does not import the simulations that a side process runs.
  it('name every scheduler that a simulation has, and no format that it cannot read', () => {
    expect(SIMULATED_SCHEDULERS.toSorted()).toEqual(SCHEDULERS.toSorted());
    expect(TRACE_FORMATS).toEqual(expect.arrayContaining([...SIMULATED_FORMATS]));
  });

  it('take the body that every other test bends', () => {
    const validate = new Ajv({ strict: true, allowUnionTypes: true, formats: { instant: true } }).compile(
      SubmissionBody,
    );
    expect([validate(aSubmission()), validate.errors]).toEqual([true, null]);
  });
});
