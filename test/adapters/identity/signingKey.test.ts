// The development key: made once, private, and enough to make tokens that the verifier takes.

import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { mintToken } from '../../../adapters/identity/mint.ts';
import { loadOrCreateSigningKey } from '../../../adapters/identity/signingKey.ts';
import type { AgentId, DepartmentId } from '../../../scheduler/index.ts';
import { AUDIENCE, aVerifier, ISSUER, NOW } from './support.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'annona-key-'));
});
afterEach(() => rm(directory, { recursive: true }));

const claims = {
  issuer: ISSUER,
  audience: AUDIENCE,
  subject: 'forge-01',
  department: 'research' as DepartmentId,
  now: NOW,
  validSeconds: 60,
};

it('is the same at every start and readable by its owner alone', async () => {
  const inside = join(directory, 'new', 'place');
  const first = await loadOrCreateSigningKey(inside);
  const again = await loadOrCreateSigningKey(inside);
  expect(again).toEqual(first);
  expect((await stat(first.file)).mode & 0o777).toBe(0o600);
  expect((await stat(inside)).mode & 0o777).toBe(0o700);
  expect(JSON.stringify(first.keys)).not.toContain('"d"');
});

it('is one key when many processes start at once, and leaves no drafts behind', async () => {
  const keys = await Promise.all([...Array(8)].map(() => loadOrCreateSigningKey(directory)));
  expect(new Set(keys.map(({ privateKey }) => privateKey.kid)).size).toBe(1);
  expect(await readdir(directory)).toEqual(['signing-key.json']);
});

it('is refused when others can read it, with the command that helps', async () => {
  const { file } = await loadOrCreateSigningKey(directory);
  await chmod(file, 0o644);
  await expect(loadOrCreateSigningKey(directory)).rejects.toThrow(`chmod 600 ${file}`);
});

it.each(['', '{}', 'null', '{"kty":"OKP","crv":"Ed25519","x":"AA","kid":"k","alg":"EdDSA"}'])(
  'is not made anew over a file that says %j',
  async (content) => {
    await writeFile(join(directory, 'signing-key.json'), content, { mode: 0o600 });
    await expect(loadOrCreateSigningKey(directory)).rejects.toThrow('holds no signing key');
  },
);

it('makes tokens that its own verifier takes and another does not', async () => {
  const { privateKey, keys } = await loadOrCreateSigningKey(directory);
  const minted = await mintToken({ ...claims, key: privateKey, role: 'agent', agent: 'forge-01' as AgentId });
  const own = await aVerifier({ keys });
  expect(await own.verify(minted)).toMatchObject({
    ok: true,
    principal: { agent: 'forge-01', expiresAt: NOW + 60_000 },
  });
  expect(await (await aVerifier()).verify(minted)).toEqual({ ok: false, refusal: 'forged' });
});

it('makes no token that no verifier would take', async () => {
  const { privateKey } = await loadOrCreateSigningKey(directory);
  await expect(mintToken({ ...claims, key: privateKey, role: 'agent' })).rejects.toThrow('names its agent');
  await expect(
    mintToken({ ...claims, key: privateKey, role: 'operator', agent: 'forge-01' as AgentId }),
  ).rejects.toThrow('no other role');
});
