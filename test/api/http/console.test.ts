// / and /console: the page as it is served, and GET /v1/me, by which it knows what to show.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildConsole } from '../../../api/cli/buildConsole.ts';
import { consolePolicy } from '../../../api/http/console.ts';
import { PERMISSIONS } from '../../../api/http/permissions.ts';
import { AS_FORGE, AS_OPERATOR, anEdge } from './support.ts';

await buildConsole();
const page = readFileSync(new URL('../../../api/console/dist/index.html', import.meta.url), 'utf8');
const script = /src="\.\/console\/([^"]+\.js)"/.exec(page)?.[1] ?? '';

describe('the console', () => {
  it('is a page under a policy that lets it load its own files alone', async () => {
    const edge = await anEdge();
    const answer = await edge.call({ method: 'GET', url: '/', as: null });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toBe(page);
    expect(answer.headers['content-security-policy']).toBe(consolePolicy());
    expect(consolePolicy()).not.toMatch(/unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')|https?:|\*/);
  });

  it('says where people sign in, and may call there alone beside its own server', async () => {
    const hostile = '"><script>alert(1)</script>&$&';
    const signIn = {
      issuer: 'https://id.acme.example/realms/a',
      audience: 'annona',
      client: hostile,
      scope: 'openid',
    };
    const edge = await anEdge({ server: { signIn } });
    const answer = await edge.call({ method: 'GET', url: '/', as: null });
    expect(answer.headers['content-security-policy']).toContain(
      "connect-src 'self' https://id.acme.example;",
    );
    const meta = /<meta name="annona-sign-in" content="([^"]*)">/.exec(answer.body)?.[1] ?? '';
    const read = meta.replaceAll('&lt;', '<').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
    expect(JSON.parse(read)).toEqual(signIn);
    expect(answer.body).not.toContain('<script>alert');
  });

  it('names its files relative to itself, and nothing else', () => {
    const addresses = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? '');
    expect(addresses.length).toBeGreaterThan(1);
    expect(addresses.filter((address) => !/^(?:\.\/console\/|data:)/.test(address))).toEqual([]);
    expect(page).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/);
  });

  it('sends files zipped where that is understood, for good', async () => {
    const edge = await anEdge();
    const url = `/console/${script}`;
    const plain = await edge.call({ method: 'GET', url, as: null });
    const zipped = await edge.call({
      method: 'GET',
      url,
      as: null,
      headers: { 'accept-encoding': 'gzip, br' },
    });
    expect(plain.statusCode).toBe(200);
    expect(plain.headers['content-type']).toContain('text/javascript');
    expect(plain.headers['cache-control']).toContain('immutable');
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(zipped.rawPayload.length).toBeLessThan(plain.rawPayload.length / 2);
  });

  it.each(['nothing.js', '..%2Findex.html', '..%2F..%2Fmain.tsx', 'index.html', 'a%00.js'])(
    'has no file %s',
    async (name) => {
      const edge = await anEdge();
      const { statusCode } = await edge.call({ method: 'GET', url: `/console/${name}`, as: null });
      expect(statusCode).toBe(404);
    },
  );
});

describe('GET /v1/me', () => {
  it('says who calls and what the role may do', async () => {
    const edge = await anEdge();
    const agent = (await edge.call({ method: 'GET', url: '/v1/me', as: AS_FORGE })).json();
    expect(agent).toMatchObject({ role: 'agent', department: 'research', agent: 'forge-01' });
    expect(agent.may).toEqual(PERMISSIONS.agent);
    const operator = (await edge.call({ method: 'GET', url: '/v1/me', as: AS_OPERATOR })).json();
    expect(operator).toMatchObject({ role: 'operator', agent: null, may: PERMISSIONS.operator });
    expect(operator.classes.length).toBeGreaterThan(0);
  });
});
