// An application with an embedded PostgreSQL, as a process that tests may interrupt and kill. Prints one JSON line a
// step. Interrupted, it first asks the database, then stops it in order, as a composition root does.
import pg from 'pg';
import {
  EmbeddedPostgresError,
  startEmbeddedPostgres,
} from '../../../../adapters/postgres/embedded/index.ts';
import type { HostOptions, HostStep } from './embedded.ts';

function say(step: HostStep): void {
  process.stdout.write(`${JSON.stringify(step)}\n`);
}

async function main(options: HostOptions): Promise<void> {
  const { uid, ...rest } = options;
  if (uid !== undefined) {
    // Steps down only now, with every module loaded: the checkout may lie where that user cannot go.
    process.setgroups!([]);
    process.setgid!(uid);
    process.setuid!(uid);
  }
  const server = await startEmbeddedPostgres({ ...rest, log: (line) => say({ step: 'log', line }) });
  const { url, pid, outcome, dataDirectory } = server;
  process.on('SIGINT', async () => {
    const client = new pg.Client(url);
    await client.connect();
    await client.query('SELECT 1');
    await client.end();
    say({ step: 'answered after the interrupt' });
    await server.stop();
    say({ step: 'stopped' });
    clearInterval(open);
  });
  const open = setInterval(() => {}, 60_000);
  say({ step: 'started', url, pid, outcome, dataDirectory });
}

main(JSON.parse(process.argv[2]!)).catch((error: unknown) => {
  const code = error instanceof EmbeddedPostgresError ? error.code : 'BUG';
  say({ step: 'failed', code, message: String(error) });
  process.exitCode = 1;
});
