// The permission table against the running edge: every route with every role, and the page that is written from it.

import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { addAccess } from '../../../api/http/access.ts';
import { ACTIONS, PERMISSIONS, renderPermissions } from '../../../api/http/permissions.ts';
import type { ServerOptions } from '../../../api/http/server.ts';
import { ROLES } from '../../../scheduler/index.ts';
import { anEdge, type Call, type Edge } from './support.ts';

const PUBLIC = [
  'GET /',
  'GET /asyncapi.json',
  'GET /docs',
  'GET /livez',
  'GET /llms.txt',
  'GET /metrics',
  'GET /openapi.json',
  'GET /problems',
  'GET /readyz',
];

function tokenOf(role: string): string {
  return role === 'agent' ? 'agent:research:forge-01' : `${role}:research`;
}

async function guardedRoutes(edge: Edge) {
  return edge.routes.filter((route) => route.config?.action !== 'public');
}

function callOf(method: string, url: string, as: string | null): Call {
  const call = { method: method as Call['method'], url: url.replace(':id', 'none'), as };
  return method === 'POST' ? { ...call, body: {} } : call;
}

describe('the permission table', () => {
  it('decides every route for every role', async () => {
    const edge = await anEdge();
    const routes = await guardedRoutes(edge);
    expect(routes.length).toBeGreaterThan(12);
    const wrong: string[] = [];
    for (const { method, url, config } of routes) {
      // An open stream never ends by itself; its action is asked like the others in the next test.
      if (url === '/v1/events') continue;
      const action = config?.action as keyof typeof ACTIONS;
      for (const role of ROLES) {
        const { statusCode } = await edge.call(callOf(String(method), url, tokenOf(role)));
        const refused = statusCode === 403;
        if (refused !== (PERMISSIONS[role][action] === 'none'))
          wrong.push(`${role} ${method} ${url}: ${statusCode}`);
        if (statusCode === 401 || statusCode >= 500) wrong.push(`${role} ${method} ${url}: ${statusCode}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('has a use for each of its actions, and a route for each', async () => {
    const edge = await anEdge();
    const used = new Set(
      edge.routes.map((route) => route.config?.action).filter((action) => action !== 'public'),
    );
    expect([...used].sort()).toEqual(Object.keys(ACTIONS).sort());
    for (const action of Object.keys(ACTIONS) as (keyof typeof ACTIONS)[]) {
      expect(ROLES.some((role) => PERMISSIONS[role][action] !== 'none')).toBe(true);
    }
  });

  it('shows rows of all departments to operators, auditors and administrators alone', () => {
    const rows = ['readRequests', 'readLeases', 'readEvents', 'readAccounts', 'readUsage'] as const;
    const wide = ROLES.filter((role) => rows.some((action) => PERMISSIONS[role][action] === 'all'));
    expect(wide).toEqual(['operator', 'auditor', 'administrator']);
  });

  it('is what docs/permissions.md shows', () => {
    expect(readFileSync('docs/permissions.md', 'utf8')).toBe(renderPermissions());
  });
});

describe('a route', () => {
  it('wants a token unless it is one of the public ones', async () => {
    const edge = await anEdge();
    const open: string[] = [];
    for (const { method, url } of edge.routes) {
      const { statusCode } = await edge.call(callOf(String(method), url, null));
      if (statusCode !== 401) open.push(`${method} ${url}`);
    }
    expect(open.sort()).toEqual([]);
    for (const route of PUBLIC) {
      const [method, url] = route.split(' ') as ['GET', string];
      expect([route, (await edge.call({ method, url, as: null })).statusCode]).toEqual([route, 200]);
    }
  });

  it('cannot be added without an action', () => {
    const app = Fastify();
    addAccess(app, {} as ServerOptions);
    expect(() => app.get('/v1/backdoor', async () => 'open')).toThrow('GET /v1/backdoor declares no action');
  });
});
