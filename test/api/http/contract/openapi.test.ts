// The contract of the HTTP API: it is what is committed, what the linter accepts, and it leaves no route out.

import { readFileSync } from 'node:fs';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { ROUTE_WORDS } from '../../../../api/http/contract/routeWords.ts';
import { parseInstant } from '../../../../api/http/time.ts';
import { anEdge } from '../support.ts';

const committed = readFileSync('docs/openapi.json', 'utf8');

async function served() {
  const { call } = await anEdge();
  return call({ method: 'GET', url: '/openapi.json', as: null });
}

async function findings(source: string): Promise<string[]> {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const found = await lintFromString({ source, absoluteRef: 'openapi.json', config });
  return found.map(({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer}: ${message}`);
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly responses: Record<string, { $ref?: string; content?: Record<string, object> }>;
  readonly requestBody?: { content: Record<string, { schema: object; example?: unknown }> };
}

function operations(): [string, Operation][] {
  const { paths } = JSON.parse(committed) as { paths: Record<string, Record<string, Operation>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
      operation,
    ]),
  );
}

describe('docs/openapi.json', () => {
  it('is what the server serves; `npm run contract` writes it', async () => {
    const { body, headers } = await served();
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(body).toBe(committed);
  });

  it('has every route of the server, and each by a name of its own', async () => {
    const { routes } = await anEdge();
    const listed = operations();
    const names = routes.map(({ method, url }) => `${String(method)} ${url}`);
    expect(names.length).toBeGreaterThan(12);
    expect(listed.map(([name]) => name)).toEqual(expect.arrayContaining(names));
    expect(new Set(listed.map(([, { operationId }]) => operationId)).size).toBe(listed.length);
    expect(Object.keys(ROUTE_WORDS).filter((name) => !listed.some(([known]) => known === name))).toEqual([]);
  });

  it('passes the linter, all of its recommended rules as errors', async () => {
    expect(await findings(committed)).toEqual([]);
  });

  it('is refused by the linter when something in it is wrong', async () => {
    const document = JSON.parse(committed);
    delete document.paths['/v1/pools'].get.operationId;
    document.components.schemas.Unused = { type: 'object' };
    document.paths['/v1/leases'].get.responses['200'].content['application/json'].schema = { $ref: '#/none' };
    const found = (await findings(JSON.stringify(document))).join('\n');
    for (const rule of ['operation-operationId', 'no-unused-components', 'no-unresolved-refs'])
      expect(found).toContain(rule);
  });

  it('says for every operation what it does, what comes back and how it fails', () => {
    const poor = operations().filter(
      ([, { summary, responses }]) =>
        summary.length < 5 ||
        !Object.keys(responses).some((status) => status.startsWith('2')) ||
        !Object.entries(responses).some(
          ([status, { $ref }]) => status.startsWith('4') && $ref?.includes('Problem'),
        ),
    );
    expect(poor).toEqual([]);
  });

  it('shows examples that fit their schemas', () => {
    const document = JSON.parse(committed);
    const formats = { 'date-time': (text: string) => parseInstant(text) !== null };
    const ajv = new Ajv({ strict: false, formats });
    ajv.addSchema(document, 'contract');
    const examples = operations().flatMap(([name, { requestBody }]) => {
      const { schema, example } = requestBody?.content['application/json'] ?? {};
      return schema === undefined || example === undefined ? [] : [{ name, schema, example }];
    });
    expect(examples.length).toBeGreaterThan(4);
    for (const { name, schema, example } of examples) {
      const rooted = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"contract#/'));
      const validate = ajv.compile(rooted);
      expect([name, validate(example), validate.errors]).toEqual([name, true, null]);
    }
    const problem = ajv.compile({ $ref: 'contract#/components/schemas/Problem' });
    for (const { value } of Object.values(document.components.examples) as { value: unknown }[])
      expect([problem(value), problem.errors]).toEqual([true, null]);
  });
});

describe('/docs', () => {
  it('is a page whose files all come from this service, by addresses relative to it', async () => {
    const { call } = await anEdge();
    const page = await call({ method: 'GET', url: '/docs', as: null });
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    const files = [...page.body.matchAll(/(?:src|href)="(?!data:)([^"]+)"/g)].map(([, file]) => file ?? '');
    expect(files.length).toBe(3);
    for (const file of files) {
      expect(file).toMatch(/^docs\//);
      const { statusCode, body } = await call({ method: 'GET', url: `/${file}`, as: null });
      expect([file, statusCode, body.length > 50]).toEqual([file, 200, true]);
    }
    const start = await call({ method: 'GET', url: '/docs/start.js', as: null });
    expect(start.body).toContain("url: 'openapi.json'");
  });

  it.each(['..%2Fpackage.json', 'index.html', '__proto__', 'constructor', 'swagger-ui.js.map'])(
    'gives no other file: %s',
    async (file) => {
      const { call } = await anEdge();
      expect((await call({ method: 'GET', url: `/docs/${file}`, as: null })).statusCode).toBe(404);
    },
  );
});
