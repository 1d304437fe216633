// An upgrade while the cell runs: the released version and this one side by side on one database, each leading in turn, and nothing granted twice.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../api/client/index.ts';
import { DEFAULT_AUDIENCE, DEFAULT_ISSUER, type ServerOptions } from '../../api/roles/serverOptions.ts';
import { tokenMint } from '../../api/roles/token.ts';
import { aConfiguration, aPool } from '../support/builders.ts';
import { type LiveServer, liveServer } from '../support/liveServer.ts';
import { type TestDatabase, testDatabase } from '../support/postgres.ts';
import { checkPromises } from '../support/promises.ts';
import { type Released, type ReleasedServer, releasedAbsence, unpackReleased } from '../support/released.ts';
import { dumpPostgres } from '../support/stores.ts';
import { until } from './rig.ts';

const absence = releasedAbsence();
const configuration = aConfiguration()
  .department('research')
  .agent('ada')
  .pool(aPool('gpu-a').gpu(8, 'H100'))
  .build();
const [ada] = configuration.agents;

describe.skipIf(absence !== null)(
  `an upgrade while the cell runs${absence === null ? '' : ` (${absence})`}`,
  () => {
    let directory: string;
    let database: TestDatabase;
    let client: pg.Client;
    let released: Released;
    let options: ServerOptions;
    const running: { kill(): Promise<void> }[] = [];
    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'annona-upgrade-'));
      database = await testDatabase();
      client = new pg.Client(database.url);
      await client.connect();
      released = unpackReleased();
      options = {
        ...{ directory, configuration, cell: configuration.cell, databaseUrl: database.url },
        ...{ host: '127.0.0.1', port: 0, portBusy: 'fail', kafkaBrokers: [], engine: 'highs' },
        ...{ issuer: DEFAULT_ISSUER, audience: DEFAULT_AUDIENCE, tickIntervalMs: 10 },
      };
    });
    afterAll(async () => {
      for (const each of running) await each.kill();
      await client.end();
      await database.drop();
      released.remove();
      rmSync(directory, { recursive: true, force: true });
    });

    const startReleased = async (): Promise<ReleasedServer> => {
      const server = await released.start(options);
      running.push(server);
      return server;
    };
    const startOurs = async (): Promise<LiveServer> => {
      const server = await liveServer(directory, configuration, { databaseUrl: database.url });
      running.push(server);
      return server;
    };
    const end = async (server: { kill(): Promise<void> }) => {
      running.splice(running.indexOf(server), 1);
      await server.kill();
    };
    const epoch = async () => Number((await client.query('select epoch from leader')).rows[0]?.epoch ?? 0);
    const newest = async () =>
      (await client.query('select name from annona_migration order by id')).rows.at(-1)?.name;
    /** Holds everything there is and gives it back, so that a second grant would be over capacity. */
    const useAll = async (servers: readonly { readonly url: string }[], name: string) => {
      const token = await (await tokenMint(directory))({
        role: 'agent',
        department: ada!.department,
        agent: ada!.id,
      });
      const bodies = servers.flatMap(({ url }, i) =>
        [1, 2, 3].map((n) => ({ url, clientRequestId: `${name}-${i}-${n}` })),
      );
      await Promise.all(
        bodies.map(async ({ url, clientRequestId }) => {
          const agent = createClient({ baseUrl: url, token });
          const body = {
            clientRequestId,
            options: [{ claims: [{ kind: 'gpu', quantity: 8 }] }],
            terms: { class: 'standard', durationSeconds: 600 },
          };
          const { id } = await agent.submit(body);
          expect((await agent.submit(body)).id).toBe(id);
          await until(async () => (await agent.request(id)).state === 'granted');
          await agent.cancel(id);
        }),
      );
    };

    it('lets either lead on the tables of the newer one, and grants nothing twice', async () => {
      const old = await startReleased();
      await useAll([old], 'before');
      const before = await newest();
      const ours = await startOurs();
      expect(await newest()).not.toBe(before);
      const first = await epoch();
      await useAll([old, ours], 'beside');

      await end(old);
      await useAll([ours], 'ours-leads');
      const second = await epoch();
      expect(second).toBeGreaterThan(first);
      const oldAgain = await startReleased();
      await useAll([ours, oldAgain], 'beside-again');

      await end(ours);
      await useAll([oldAgain], 'old-leads');
      expect(await epoch()).toBeGreaterThan(second);
      // What the one before wrote down about itself says nothing of who leads now.
      const found = await client.query('select from leader join leader_address using (cell, epoch)');
      expect(found.rowCount).toBe(0);

      await until(
        async () => (await client.query('select from lease where ended_at_ms is null')).rowCount === 0,
      );
      const dump = await dumpPostgres(client);
      expect(checkPromises(dump)).toEqual([]);
      expect(dump.lease).toHaveLength(21);
      expect(new Set(dump.lease.map((row) => row.request_id)).size).toBe(21);
    }, 180_000);
  },
);
