// What the verifier remembers and what it asks again, and which key sets it refuses to start with.

import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  aVerifier,
  CLAIMS,
  ec,
  ed,
  HEADER,
  KEYS,
  NOW,
  organisation,
  REGISTERED,
  SECONDS,
  token,
} from './support.ts';

describe('a verified token', () => {
  it('is remembered until it expires and not a moment longer', async () => {
    let now = NOW;
    const identity = await aVerifier({ now: () => now });
    const bearer = token();
    expect((await identity.verify(bearer)).ok).toBe(true);
    now = (SECONDS + 600) * 1000 - 1;
    expect((await identity.verify(bearer)).ok).toBe(true);
    now = (SECONDS + 605) * 1000;
    expect(await identity.verify(bearer)).toEqual({ ok: false, refusal: 'expired' });
  });

  it('is refused at once when its agent leaves the organisation, or changes department', async () => {
    let configuration = REGISTERED;
    const identity = await aVerifier({ configuration: () => configuration });
    const bearer = token();
    expect((await identity.verify(bearer)).ok).toBe(true);
    configuration = organisation([['forge-01', 'sales']]);
    expect(await identity.verify(bearer)).toEqual({ ok: false, refusal: 'unknownAgent' });
    configuration = organisation([]);
    expect(await identity.verify(bearer)).toEqual({ ok: false, refusal: 'unknownAgent' });
    configuration = REGISTERED;
    expect((await identity.verify(bearer)).ok).toBe(true);
  });

  it('may be of any role without an agent, in a department that exists', async () => {
    const identity = await aVerifier();
    const { agent: _agent, ...claims } = CLAIMS;
    const verified = await identity.verify(
      token(HEADER, { ...claims, sub: 'ada', role: 'operator', aud: ['annona', 'other'] }),
    );
    expect(verified).toMatchObject({
      ok: true,
      principal: { subject: 'ada', role: 'operator', agent: null },
    });
  });

  it('tolerates a clock that is five seconds off', async () => {
    const identity = await aVerifier();
    expect((await identity.verify(token(HEADER, { ...CLAIMS, nbf: SECONDS + 5 }))).ok).toBe(true);
    expect((await identity.verify(token(HEADER, { ...CLAIMS, exp: SECONDS - 4 }))).ok).toBe(true);
  });
});

describe('a key set', () => {
  const [edKey, ecKey] = KEYS.keys;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });

  it.each([
    ['no key', [], 'holds no key'],
    ['a key without a kid', [{ ...edKey, kid: undefined }], 'kid of its own'],
    ['two keys with one kid', [edKey, { ...ecKey, kid: 'ed-1' }], 'kid of its own'],
    ['a key without an alg', [{ ...edKey, alg: undefined }], 'alg must be one of'],
    ['an RSA key', [{ ...rsa, kid: 'r', alg: 'RS256' }], 'alg must be one of'],
    ['a shared secret', [{ kty: 'oct', k: 'c2VjcmV0', kid: 's', alg: 'HS256' }], 'alg must be one of'],
    [
      'a shared secret under another name',
      [{ kty: 'oct', k: 'c2VjcmV0', kid: 's', alg: 'EdDSA' }],
      'only public keys',
    ],
    [
      'a private key',
      [{ ...ed.privateKey.export({ format: 'jwk' }), kid: 'p', alg: 'EdDSA' }],
      'only public keys',
    ],
    ['a key of another curve', [{ ...ec.publicKey.export({ format: 'jwk' }), kid: 'c', alg: 'EdDSA' }], ''],
  ])('with %s is refused at the start', async (_name, keys, wantMessage) => {
    await expect(aVerifier({ keys: { keys } as never })).rejects.toThrow(wantMessage);
  });
});
