// Many processes of one cell on one database: started by role, killed, stopped, frozen and let go on again.
// Invariant: ends only processes that it started, by their pid; its PostgreSQL outlives all of them. Used by test/crash, test/api/roles and bench.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../adapters/postgres/embedded/index.ts';
import type { ProcessRole } from '../../api/roles/role.ts';
import type { ServerOptions } from '../../api/roles/serverOptions.ts';
import type { Configuration } from '../../scheduler/index.ts';
import { type LiveServer, liveServer } from './liveServer.ts';

export interface Member extends LiveServer {
  readonly roles: readonly ProcessRole[];
  /** Whether it was not ended by the rig. */
  readonly alive: () => boolean;
  /** SIGSTOP and SIGCONT: the process keeps its memory and its sockets, and does nothing. */
  freeze(): void;
  thaw(): void;
}

export interface FleetDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

export interface Fleet {
  readonly directory: string;
  readonly configuration: Configuration;
  readonly databaseUrl: string;
  /** Every member that was started and not ended. */
  readonly members: () => readonly Member[];
  start(roles: readonly ProcessRole[], change?: Partial<ServerOptions>): Promise<Member>;
  /** Those with this role. */
  of(role: ProcessRole): readonly Member[];
  cleanUp(): Promise<void>;
}

/** `database`: an empty one that is there already; else the fleet has a PostgreSQL of its own. */
export async function startFleet(
  configuration: Configuration,
  { database: given }: { database?: FleetDatabase } = {},
): Promise<Fleet> {
  const directory = mkdtempSync(join(tmpdir(), 'annona-fleet-'));
  const database = given ?? (await ownDatabase(directory));
  const members = new Set<Member>();
  return {
    directory,
    configuration,
    databaseUrl: database.url,
    members: () => [...members],
    of: (role) => [...members].filter(({ roles }) => roles.includes(role)),
    async start(roles, change = {}) {
      const options = { databaseUrl: database.url, roles, ...change };
      const member = asMember(await liveServer(directory, configuration, options), roles, members);
      members.add(member);
      return member;
    },
    async cleanUp() {
      for (const member of [...members].reverse()) await member.kill();
      await database.drop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function ownDatabase(directory: string): Promise<FleetDatabase> {
  const settings = { max_connections: '200' };
  const server = await startEmbeddedPostgres({ directory, log: () => {}, settings });
  return { url: server.url, drop: () => server.stop() };
}

function asMember(server: LiveServer, roles: readonly ProcessRole[], members: Set<Member>): Member {
  const member: Member = {
    ...server,
    roles,
    alive: () => members.has(member),
    async stop() {
      members.delete(member);
      await server.stop();
    },
    async kill() {
      members.delete(member);
      await server.kill();
    },
    freeze: () => void process.kill(server.pid, 'SIGSTOP'),
    thaw: () => void process.kill(server.pid, 'SIGCONT'),
  };
  return member;
}

/** The one that leads, by its own word; null while none says so. */
export async function leaderOf(fleet: Fleet): Promise<Member | null> {
  for (const member of fleet.of('scheduler')) {
    const ready = await member.readiness().catch(() => null);
    if (ready?.status === 200) return member;
  }
  return null;
}
