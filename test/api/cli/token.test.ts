// `annona token`: credentials that the server of the same directory takes, and mistakes that say what to ask instead.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadOrCreateSigningKey } from '../../../adapters/identity/signingKey.ts';
import { createVerifier } from '../../../adapters/identity/verifier.ts';
import { DEFAULT_AUDIENCE, DEFAULT_ISSUER } from '../../../api/roles/serverOptions.ts';
import { keepConfiguration } from '../../../api/roles/storedConfiguration.ts';
import { aConfiguration, aPool } from '../../support/builders.ts';
import { ran } from './recording.ts';

const configuration = aConfiguration()
  .department('research')
  .agent('ada')
  .department('sales')
  .agent('dan')
  .pool(aPool())
  .build();

let directory = '';
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'annona-token-'));
  await keepConfiguration(directory, configuration);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const token = (...options: readonly string[]) => ran('token', '--directory', directory, ...options);

async function principalOf(bearer: string, now: () => number) {
  const { keys } = await loadOrCreateSigningKey(directory);
  const organisation = () => configuration;
  const verifier = await createVerifier({
    issuer: DEFAULT_ISSUER,
    audience: DEFAULT_AUDIENCE,
    keys,
    configuration: organisation,
    now,
  });
  return verifier.verify(bearer);
}

describe('annona token', () => {
  it('makes one for an agent, which the server takes until it expires', async () => {
    const { exitCode, out, err } = await token('--agent', 'dan', '--hours', '1');
    expect([exitCode, err]).toEqual([0, '']);
    const wantPrincipal = { role: 'agent', department: 'sales', agent: 'dan' };
    expect(await principalOf(out, Date.now)).toMatchObject({ ok: true, principal: wantPrincipal });
    const later = () => Date.now() + 2 * 3_600_000;
    expect(await principalOf(out, later)).toEqual({ ok: false, refusal: 'expired' });
  });

  it('makes one for a role of a department, and says as JSON whose it is', async () => {
    const { out } = await token('--role', 'operator', '--department', 'research', '--json');
    const { token: bearer, ...holder } = JSON.parse(out);
    expect(holder).toMatchObject({ role: 'operator', department: 'research' });
    expect(Date.parse(holder.expiresAt)).toBeGreaterThan(Date.now());
    const wantPrincipal = { role: 'operator', department: 'research', agent: null };
    expect(await principalOf(bearer, Date.now)).toMatchObject({ ok: true, principal: wantPrincipal });
  });

  it.each([
    [['--agent', 'nobody'], 'no agent nobody (for example ada, dan)'],
    [[], 'name one with --agent'],
    [['--role', 'king'], 'no role king (allowed: agent, '],
    [['--role', 'operator'], 'name one with --department (allowed: research, sales)'],
    [['--role', 'operator', '--department', 'x'], 'no department x (allowed'],
    [['--agent', 'ada', '--hours', '0'], '--hours 0 is not a number of hours'],
    [['--agent', 'ada', '--hours', '9000'], '--hours 9000 is not a number of hours up to a year'],
  ])('%j: exit code 2, and what to ask instead', async (options, wantLine) => {
    const { exitCode, out, err } = await token(...options);
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toContain(wantLine);
  });

  it('says where to start when the directory holds no organisation', async () => {
    const { exitCode, err } = await ran('token', '--agent', 'ada', '--directory', join(directory, 'empty'));
    expect(exitCode).toBe(2);
    expect(err).toContain('holds no organisation yet: run `npm start` first');
  });
});
