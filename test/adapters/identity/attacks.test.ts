// Tokens that somebody bent: none is accepted, by the verifier and over HTTP alike.

import { sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Identity } from '../../../api/ports.ts';
import { anEdge, type Edge, expectProblem } from '../../api/http/support.ts';
import {
  AUDIENCE,
  aVerifier,
  CLAIMS,
  ec,
  ed,
  encode,
  HEADER,
  hmacToken,
  ISSUER,
  KEYS,
  SECONDS,
  stranger,
  token,
} from './support.ts';

const good = token();
const [head = '', payload = '', signature = ''] = good.split('.');
const edPem = ed.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const without = (name: string) => Object.fromEntries(Object.entries(CLAIMS).filter(([key]) => key !== name));
const EC_HEADER = { ...HEADER, alg: 'ES256', kid: 'ec-1' };
const derSigned = (() => {
  const input = `${encode(EC_HEADER)}.${encode(CLAIMS)}`;
  return `${input}.${sign('sha256', Buffer.from(input), ec.privateKey).toString('base64url')}`;
})();
/** The last character of 64 bytes in base64url has four bits that mean nothing: the same signature, spelt otherwise. */
const SPELT_OTHERWISE: Readonly<Record<string, string>> = { A: 'B', Q: 'R', g: 'h', w: 'x' };
const loose = `${good.slice(0, -1)}${SPELT_OTHERWISE[good.slice(-1)]}`;

const ATTACKS: readonly (readonly [name: string, token: string, refusal: string])[] = [
  ['alg none, unsigned', token({ ...HEADER, alg: 'none' }, CLAIMS, null), 'malformed'],
  ['alg none, with a signature', token({ ...HEADER, alg: 'none' }), 'forged'],
  ['alg None', token({ ...HEADER, alg: 'None' }), 'forged'],
  ['alg NONE', token({ ...HEADER, alg: 'NONE' }), 'forged'],
  ['alg nOnE', token({ ...HEADER, alg: 'nOnE' }), 'forged'],
  ['alg empty', token({ ...HEADER, alg: '' }), 'forged'],
  ['alg missing', token({ kid: 'ed-1', typ: 'at+jwt' }), 'malformed'],
  ['alg as a list', token({ ...HEADER, alg: ['EdDSA'] }), 'malformed'],
  ['alg of another key', token({ ...HEADER, alg: 'ES256' }), 'forged'],
  ['alg RS256', token({ ...HEADER, alg: 'RS256' }), 'forged'],
  ['alg PBES2', token({ ...HEADER, alg: 'PBES2-HS256+A128KW' }), 'forged'],
  ['HS256 with the public key as secret (PEM)', hmacToken({ ...HEADER, alg: 'HS256' }, edPem), 'forged'],
  [
    'HS256 with the public key as secret (JWK)',
    hmacToken({ ...HEADER, alg: 'HS256' }, JSON.stringify(KEYS.keys[0])),
    'forged',
  ],
  ['HS256 under the name of EdDSA', hmacToken(HEADER, edPem), 'forged'],
  ['HS256 with an empty secret', hmacToken({ ...HEADER, alg: 'HS256' }, ''), 'forged'],
  ['another key', token(HEADER, CLAIMS, stranger.privateKey), 'forged'],
  [
    'an embedded jwk',
    token({ ...HEADER, jwk: stranger.publicKey.export({ format: 'jwk' }) }, CLAIMS, stranger.privateKey),
    'malformed',
  ],
  [
    'an embedded jwk beside a good signature',
    token({ ...HEADER, jwk: stranger.publicKey.export({ format: 'jwk' }) }),
    'malformed',
  ],
  ['jku', token({ ...HEADER, jku: 'http://127.0.0.1:1/keys' }, CLAIMS, stranger.privateKey), 'malformed'],
  ['x5u', token({ ...HEADER, x5u: 'http://127.0.0.1:1/cert' }), 'malformed'],
  ['x5c', token({ ...HEADER, x5c: ['MIIB'] }), 'malformed'],
  ['no kid', token({ alg: 'EdDSA', typ: 'at+jwt' }), 'malformed'],
  ['an unknown kid', token({ ...HEADER, kid: 'ed-2' }), 'forged'],
  ['the kid of the other key', token({ ...HEADER, kid: 'ec-1' }), 'forged'],
  ['a kid that walks', token({ ...HEADER, kid: '../../dev/null' }), 'forged'],
  ['a kid with SQL', token({ ...HEADER, kid: "' or 1=1--" }), 'forged'],
  ['a kid of the prototype', token({ ...HEADER, kid: '__proto__' }), 'forged'],
  ['a kid that is a number', token({ ...HEADER, kid: 1 }), 'malformed'],
  ['crit', token({ ...HEADER, crit: ['exp'] }), 'malformed'],
  ['crit of something unknown', token({ ...HEADER, crit: ['x'], x: 1 }), 'malformed'],
  ['b64 false', token({ ...HEADER, b64: false, crit: ['b64'] }), 'malformed'],
  ['zip', token({ ...HEADER, zip: 'DEF' }), 'malformed'],
  ['typ JWT', token({ ...HEADER, typ: 'JWT' }), 'malformed'],
  ['typ of an ID token', token({ ...HEADER, typ: 'id+jwt' }), 'malformed'],
  ['typ in capitals', token({ ...HEADER, typ: 'AT+JWT' }), 'malformed'],
  ['no typ', token({ alg: 'EdDSA', kid: 'ed-1' }), 'malformed'],
  ['cty of a nested token', token({ ...HEADER, cty: 'JWT' }), 'malformed'],
  ['a header that is a list', token([HEADER]), 'malformed'],
  ['a header that is no JSON', token('{alg:EdDSA}'), 'malformed'],
  ['a payload that is no JSON', token(HEADER, 'no'), 'malformed'],
  ['a payload that is a list', token(HEADER, [CLAIMS]), 'malformed'],
  ['another token inside', token(HEADER, good), 'malformed'],
  ['an empty signature', `${head}.${payload}.`, 'malformed'],
  ['a signature of zeroes', `${head}.${payload}.${encode('\0'.repeat(64))}`, 'forged'],
  ['a signature cut short', `${head}.${payload}.${signature.slice(0, 40)}`, 'forged'],
  [
    'an ECDSA signature with r = s = 0',
    `${encode(EC_HEADER)}.${encode(CLAIMS)}.${encode('\0'.repeat(64))}`,
    'forged',
  ],
  ['an ECDSA signature in DER', derSigned, 'forged'],
  [
    'a changed payload',
    `${head}.${encode({ ...CLAIMS, role: 'administrator', agent: undefined })}.${signature}`,
    'forged',
  ],
  ['a changed header', `${encode({ ...HEADER, alg: 'Ed25519' })}.${payload}.${signature}`, 'forged'],
  ['base64url that is not canonical', loose, 'malformed'],
  ['base64 padding', `${good}==`, 'malformed'],
  [
    'base64 instead of base64url',
    `${head}.${payload}.${Buffer.from(signature, 'base64url').toString('base64')}`,
    'malformed',
  ],
  ['white space', `${head}.${payload}. ${signature}`, 'malformed'],
  ['two parts', `${head}.${payload}`, 'malformed'],
  ['four parts', `${good}.${signature}`, 'malformed'],
  ['five parts, like an encrypted one', `${good}.${signature}.${signature}`, 'malformed'],
  ['nothing', '', 'malformed'],
  ['points', '..', 'malformed'],
  ['9 KB', token(HEADER, { ...CLAIMS, padding: 'a'.repeat(9000) }), 'malformed'],
  ['another issuer', token(HEADER, { ...CLAIMS, iss: 'https://evil.example' }), 'forged'],
  ['an issuer with a slash more', token(HEADER, { ...CLAIMS, iss: `${ISSUER}/` }), 'forged'],
  ['an issuer in a list', token(HEADER, { ...CLAIMS, iss: [ISSUER] }), 'forged'],
  ['no issuer', token(HEADER, without('iss')), 'malformed'],
  ['another audience', token(HEADER, { ...CLAIMS, aud: 'payroll' }), 'wrongAudience'],
  ['other audiences', token(HEADER, { ...CLAIMS, aud: ['payroll', `${AUDIENCE}2`] }), 'wrongAudience'],
  ['no audience', token(HEADER, without('aud')), 'malformed'],
  ['expired', token(HEADER, { ...CLAIMS, exp: SECONDS - 6 }), 'expired'],
  ['not valid yet', token(HEADER, { ...CLAIMS, nbf: SECONDS + 6 }), 'expired'],
  ['no exp', token(HEADER, without('exp')), 'malformed'],
  ['no nbf', token(HEADER, without('nbf')), 'malformed'],
  ['no sub', token(HEADER, without('sub')), 'malformed'],
  ['exp as a text', token(HEADER, { ...CLAIMS, exp: String(SECONDS + 600) }), 'malformed'],
  [
    'exp without end',
    token(HEADER, JSON.stringify(CLAIMS).replace(`"exp":${SECONDS + 600}`, '"exp":1e400')),
    'malformed',
  ],
  ['exp null', token(HEADER, { ...CLAIMS, exp: null }), 'malformed'],
  ['nbf as a text', token(HEADER, { ...CLAIMS, nbf: '0' }), 'malformed'],
  ['an empty sub', token(HEADER, { ...CLAIMS, sub: '' }), 'malformed'],
  ['a sub that is an object', token(HEADER, { ...CLAIMS, sub: { id: 1 } }), 'malformed'],
  ['an unknown role', token(HEADER, { ...CLAIMS, role: 'root' }), 'malformed'],
  ['a role of the prototype', token(HEADER, { ...CLAIMS, role: 'constructor' }), 'malformed'],
  ['several roles', token(HEADER, { ...CLAIMS, role: ['agent', 'administrator'] }), 'malformed'],
  ['no role', token(HEADER, without('role')), 'malformed'],
  ['role agent without an agent', token(HEADER, without('agent')), 'malformed'],
  ['another role with an agent', token(HEADER, { ...CLAIMS, role: 'administrator' }), 'malformed'],
  ['no department', token(HEADER, without('department')), 'malformed'],
  ['an unknown department', token(HEADER, { ...CLAIMS, department: 'board' }), 'unknownAgent'],
  ["another department's agent", token(HEADER, { ...CLAIMS, agent: 'scout-01' }), 'unknownAgent'],
  ['an unknown agent', token(HEADER, { ...CLAIMS, agent: 'ghost-01' }), 'unknownAgent'],
];

describe('a token with', () => {
  let identity: Identity;
  let edge: Edge;
  beforeAll(async () => {
    identity = await aVerifier();
    edge = await anEdge({ server: { identity } });
  });
  afterAll(() => edge.app.close());

  it('nothing wrong is accepted, in both algorithms', async () => {
    const principal = {
      subject: 'forge-01',
      role: 'agent',
      department: 'research',
      agent: 'forge-01',
      expiresAt: (SECONDS + 600) * 1000,
    };
    expect(await identity.verify(good)).toEqual({ ok: true, principal });
    expect(await identity.verify(token(EC_HEADER, CLAIMS, ec.privateKey))).toEqual({ ok: true, principal });
    expect((await edge.call({ method: 'GET', url: '/v1/pools', as: good })).statusCode).toBe(200);
  });

  it.each(ATTACKS)('%s is refused', async (_name, attack, wantRefusal) => {
    expect(await identity.verify(attack)).toEqual({ ok: false, refusal: wantRefusal });
    // Twice: what was refused must not come out of the cache.
    expect((await identity.verify(attack)).ok).toBe(false);
  });

  it.each(ATTACKS.filter(([, attack]) => attack !== '' && !attack.includes(' ')))(
    '%s is refused over HTTP, with a challenge',
    async (_name, attack) => {
      const response = await edge.call({ method: 'POST', url: '/v1/requests', as: attack, body: {} });
      expect(response.statusCode).toBe(401);
      expect(response.headers['www-authenticate']).toMatch(/^Bearer realm="annona", error="invalid_token"/);
      expectProblem(response, response.json().code);
    },
  );
});
