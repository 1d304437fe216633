// A small identity provider, for tests alone: discovery, a page to sign in at, codes, and access tokens for them (OpenID Connect, RFC 7636).
// Invariant: it answers no call that breaks the protocol, and keeps what each broke; a code is worth one token, once. Used by rig.ts.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TokenHolder } from '../../../api/roles/token.ts';

export const CLIENT = 'annona-console';

export interface IdentityProvider {
  readonly issuer: string;
  /** Who signs in next, and for how long. */
  next: { readonly holder: TokenHolder; readonly validSeconds?: number };
  /** What it does wrong, for the page to find. */
  fault: 'none' | 'otherState' | 'otherIssuer' | 'denies' | 'noToken';
  /** What the calls broke; empty when the page kept to the protocol. */
  readonly broken: string[];
  readonly calls: string[];
  close(): Promise<void>;
}

interface Code {
  readonly challenge: string;
  readonly redirect: string;
  readonly holder: TokenHolder;
  readonly validSeconds: number | undefined;
}

type Mint = (holder: TokenHolder, validSeconds?: number) => Promise<string>;

/** What the calls share: the provider as tests see it, and the codes that are out. */
interface Desk {
  readonly provider: IdentityProvider;
  readonly codes: Map<string, Code>;
  readonly mint: () => Mint;
}

export async function openIdentityProvider(mint: () => Mint): Promise<IdentityProvider> {
  const server = createServer((call, response) => void answer(desk, call, response));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const provider: IdentityProvider = {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}/realms/acme`,
    next: { holder: { role: 'operator', department: 'operations' } },
    fault: 'none',
    broken: [],
    calls: [],
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
  const desk: Desk = { provider, codes: new Map(), mint };
  return provider;
}

async function answer(desk: Desk, call: IncomingMessage, response: ServerResponse): Promise<void> {
  const { issuer, fault, calls } = desk.provider;
  const url = new URL(call.url ?? '/', issuer);
  const path = url.pathname.replace('/realms/acme', '');
  calls.push(`${call.method} ${path}`);
  switch (path) {
    case '/.well-known/openid-configuration':
      return json(response, 200, {
        issuer: fault === 'otherIssuer' ? `${issuer}/other` : issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
      });
    case '/authorize':
      return authorise(desk, url.searchParams, response);
    case '/token':
      return tokenFor(desk, call, response);
    default:
      return json(response, 404, { error: 'not_found' });
  }
}

const WANTED: Readonly<Record<string, RegExp>> = {
  response_type: /^code$/,
  client_id: new RegExp(`^${CLIENT}$`),
  redirect_uri: /^http:\/\/127\.0\.0\.1:\d+\/(?:annona\/)?$/,
  scope: /^openid$/,
  audience: /^annona$/,
  state: /^[0-9a-f]{32}$/,
  code_challenge: /^[A-Za-z0-9_-]{43}$/,
  code_challenge_method: /^S256$/,
};

/** Nobody is asked anything: who signs in is told beforehand. */
function authorise({ provider, codes }: Desk, asked: URLSearchParams, response: ServerResponse): void {
  const { fault, next, broken } = provider;
  for (const [name, pattern] of Object.entries(WANTED))
    if (!pattern.test(asked.get(name) ?? '')) broken.push(`authorize: ${name} is ${asked.get(name)}`);
  for (const name of asked.keys()) if (!Object.hasOwn(WANTED, name)) broken.push(`authorize: ${name}`);
  const redirect = asked.get('redirect_uri') ?? '';
  const back = new URL(redirect);
  const state = asked.get('state') ?? '';
  back.searchParams.set('state', fault === 'otherState' ? `${state}x` : state);
  back.searchParams.set('iss', provider.issuer);
  if (fault === 'denies') {
    back.searchParams.set('error', 'access_denied');
    back.searchParams.set('error_description', '<b>not</b> this person');
  } else {
    const code = `code-${provider.calls.length}`;
    const { holder, validSeconds } = next;
    codes.set(code, { challenge: asked.get('code_challenge') ?? '', redirect, holder, validSeconds });
    back.searchParams.set('code', code);
  }
  response.writeHead(302, { location: back.href }).end();
}

async function tokenFor(
  { provider, codes, mint }: Desk,
  call: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const asked = new URLSearchParams(await text(call));
  const name = asked.get('code') ?? '';
  const code = codes.get(name);
  codes.delete(name);
  const wrong = code === undefined ? ['code'] : faultsOf(call, asked, code);
  provider.broken.push(...wrong.map((each) => `token: ${each}`));
  if (code === undefined || wrong.length > 0) return json(response, 400, { error: 'invalid_grant' });
  if (provider.fault === 'noToken') return json(response, 200, { token_type: 'Bearer' });
  const access_token = await mint()(code.holder, code.validSeconds);
  json(response, 200, { access_token, token_type: 'Bearer', expires_in: code.validSeconds ?? 3600 });
}

function faultsOf({ method, headers }: IncomingMessage, asked: URLSearchParams, code: Code): string[] {
  const verifier = asked.get('code_verifier') ?? '';
  const checks: Readonly<Record<string, boolean>> = {
    method: method === 'POST',
    'content-type': (headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded'),
    'no credentials': headers.cookie === undefined && headers.authorization === undefined,
    grant_type: asked.get('grant_type') === 'authorization_code',
    client_id: asked.get('client_id') === CLIENT,
    redirect_uri: asked.get('redirect_uri') === code.redirect,
    'length of the verifier': /^[A-Za-z0-9._~-]{43,128}$/.test(verifier),
    code_verifier: createHash('sha256').update(verifier).digest('base64url') === code.challenge,
  };
  return Object.keys(checks).filter((name) => !checks[name]);
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'access-control-allow-origin': '*',
  });
  response.end(JSON.stringify(body));
}
