// What was released stays true: no route, field or choice of the released contract is taken away, and no duty is added.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { breakingChanges } from './breaking.ts';

const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const released = read('docs/released/openapi.json');

/** A copy with one place changed. */
function changed(change: (document: ReturnType<typeof read>) => void) {
  const document = structuredClone(released);
  change(document);
  return document;
}

describe('the contract', () => {
  it('breaks nothing of the released one', () => {
    expect(Object.keys(released.paths).length).toBeGreaterThan(15);
    expect(breakingChanges(released, read('docs/openapi.json'))).toEqual([]);
  });

  it('may grow: a route, a field of an answer, a choice, an optional parameter', () => {
    const grown = changed((document) => {
      document.paths['/v1/new'] = document.paths['/v1/pools'];
      document.components.schemas.Lease.properties.colour = { type: 'string' };
      document.components.schemas.Lease.required.push('colour');
      document.components.schemas.Submission.properties.colour = { type: 'string' };
      document.paths['/v1/pools'].get.parameters.push({ name: 'colour', in: 'query', schema: {} });
    });
    expect(breakingChanges(released, grown)).toEqual([]);
  });

  it('may answer something else beside what it answered, in a union', () => {
    const grown = changed((document) => {
      const { content } = document.paths['/v1/leases/{id}'].get.responses['200'];
      content['application/json'].schema = {
        anyOf: [{ type: 'object' }, content['application/json'].schema],
      };
    });
    expect(breakingChanges(released, grown)).toEqual([]);
  });
});

describe('a breach is named with its place', () => {
  it.each([
    [
      'a removed route',
      (document: typeof released) => {
        delete document.paths['/v1/ticks/{id}'];
      },
      'GET /v1/ticks/{id}: the route is gone',
    ],
    [
      'a removed method',
      (document: typeof released) => {
        delete document.paths['/v1/requests'].post;
      },
      'POST /v1/requests: the route is gone',
    ],
    [
      'a removed field of an answer',
      (document: typeof released) => {
        delete document.components.schemas.Lease.properties.endsAt;
      },
      'GET /v1/leases/{id} 200/endsAt: the field is gone',
    ],
    [
      'a removed field of a variant',
      (document: typeof released) => {
        delete document.components.schemas.Request.properties.lease;
      },
      'POST /v1/requests 200/lease: the field is gone',
    ],
    [
      'a variant that is gone',
      (document: typeof released) => {
        const media = document.paths['/v1/requests'].post.responses['200'].content['application/json'];
        media.schema = { anyOf: media.schema.anyOf.slice(1) };
      },
      'POST /v1/requests 200/clientRequestId: the field is gone',
    ],
    [
      'a field that may be null',
      (document: typeof released) => {
        const { properties } = document.components.schemas.Lease;
        properties.endsAt = { anyOf: [properties.endsAt, { type: 'null' }] };
      },
      'GET /v1/leases/{id} 200/endsAt: it may be null now',
    ],
    [
      'a field that may be left out',
      (document: typeof released) => {
        document.components.schemas.Lease.required = ['id'];
      },
      'GET /v1/leases/{id} 200/epoch: it may be left out now',
    ],
    [
      'a new duty of a body',
      (document: typeof released) => {
        document.components.schemas.Submission.required.push('colour');
      },
      'POST /v1/requests body/colour: it is required now',
    ],
    [
      'a narrowed list of choices',
      (document: typeof released) => {
        document.components.schemas.Submission.properties.terms.properties.classification.enum.pop();
      },
      'POST /v1/requests body/terms/classification: restricted is no choice any more',
    ],
    [
      'a lower limit',
      (document: typeof released) => {
        document.components.schemas.Submission.properties.options.maxItems = 2;
      },
      'POST /v1/requests body/options: maxItems is 2 and was 16',
    ],
    [
      'another type',
      (document: typeof released) => {
        document.components.schemas.Lease.properties.epoch.type = 'string';
      },
      'GET /v1/leases/{id} 200/epoch: the type is string and was integer',
    ],
    [
      'a removed parameter',
      (document: typeof released) => {
        document.paths['/v1/pools'].get.parameters = [];
      },
      'GET /v1/pools: the parameter query kind is gone',
    ],
    [
      'a new parameter that is required',
      (document: typeof released) => {
        const colour = { name: 'colour', in: 'query', required: true, schema: {} };
        document.paths['/v1/pools'].get.parameters.push(colour);
      },
      'GET /v1/pools: the parameter query colour is required now',
    ],
    [
      'an answer that comes no more',
      (document: typeof released) => {
        delete document.paths['/v1/requests'].post.responses['202'];
      },
      'POST /v1/requests: it answers 202 no more',
    ],
  ])('%s', (_name, change, wantBreach) => {
    expect(breakingChanges(released, changed(change))).toContain(wantBreach);
  });
});
