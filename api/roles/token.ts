// Development credentials from the signing key of a data directory: what `annona token`, the sample agents and the benches carry.

import { mintToken } from '../../adapters/identity/mint.ts';
import { loadOrCreateSigningKey } from '../../adapters/identity/signingKey.ts';
import { now } from '../../adapters/system/clock.ts';
import { type AgentId, type DepartmentId, ROLES, type Role } from '../../scheduler/index.ts';
import { DEFAULT_AUDIENCE, DEFAULT_ISSUER } from './serverOptions.ts';
import { storedConfiguration } from './storedConfiguration.ts';

/** Long enough for any bench or replay. */
const VALID_SECONDS = 12 * 3600;

export interface TokenHolder {
  readonly role: Role;
  readonly department: string;
  readonly agent?: string;
}

/** Makes tokens without asking whether the holder exists: the server looks that up at every call. */
export async function tokenMint(
  directory: string,
  validSeconds = VALID_SECONDS,
): Promise<(holder: TokenHolder) => Promise<string>> {
  const { privateKey } = await loadOrCreateSigningKey(directory);
  return ({ role, department, agent }) =>
    mintToken({
      key: privateKey,
      issuer: DEFAULT_ISSUER,
      audience: DEFAULT_AUDIENCE,
      subject: agent ?? `${role}@${department}`,
      role,
      department: department as DepartmentId,
      ...(agent === undefined ? {} : { agent: agent as AgentId }),
      now: now(),
      validSeconds,
    });
}

/** The request cannot be met as asked; the message says what to ask instead. */
export class TokenRefused extends Error {
  override name = 'TokenRefused';
}

export interface DevelopmentTokenRequest {
  readonly directory: string;
  readonly agent?: string;
  readonly role?: string;
  readonly department?: string;
  readonly validSeconds: number;
}

export interface DevelopmentToken extends TokenHolder {
  readonly token: string;
  readonly expiresAt: string;
}

export async function mintDevelopmentToken(request: DevelopmentTokenRequest): Promise<DevelopmentToken> {
  const holder = await holderOf(request);
  const mint = await tokenMint(request.directory, request.validSeconds);
  const expiresAt = new Date(now() + request.validSeconds * 1000).toISOString();
  return { ...holder, token: await mint(holder), expiresAt };
}

async function holderOf(request: DevelopmentTokenRequest): Promise<TokenHolder> {
  const role = ROLES.find((known) => known === (request.role ?? 'agent'));
  if (role === undefined) throw new TokenRefused(`no role ${request.role} (allowed: ${ROLES.join(', ')})`);
  const configuration = await storedConfiguration(request.directory);
  if (configuration === null) {
    throw new TokenRefused(
      `${request.directory} holds no organisation yet: run \`npm start\` first, or name its --directory`,
    );
  }
  if (role === 'agent') {
    const agent = configuration.agents.find(({ id }) => id === request.agent);
    if (agent) return { role, department: agent.department, agent: agent.id };
    const some = configuration.agents.slice(0, 3).map(({ id }) => id);
    throw new TokenRefused(
      `${request.agent ? `no agent ${request.agent}` : 'name one with --agent'} (for example ${some.join(', ')})`,
    );
  }
  const department = configuration.departments.find(({ id }) => id === request.department);
  if (department) return { role, department: department.id };
  const all = configuration.departments.map(({ id }) => id).join(', ');
  throw new TokenRefused(
    `${request.department ? `no department ${request.department}` : 'name one with --department'} (allowed: ${all})`,
  );
}
