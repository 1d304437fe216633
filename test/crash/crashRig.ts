// `npm run rig:crash`: the bad days of fleetCrashes.ts on a PostgreSQL of its own, which restarts too; 40 cuts, two half-open
// sets of lines and 10 kills, or as many as asked for.
// Invariant: stdout carries the result alone (one JSON document with --json), progress goes to stderr. Exit code 1 when anything was lost or broken.

import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { machine } from '../../bench/figures.ts';
import { fleetCrashes } from './fleetCrashes.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    cuts: { type: 'string', default: '40' },
    'half-open': { type: 'string', default: '2' },
    kills: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  },
});
const asked = [values.cuts, values['half-open'], values.kills, values.seed].map(Number);
const [cuts, halfOpen, kills, seed] = asked as [number, number, number, number];
if (!asked.every((value) => Number.isSafeInteger(value) && value >= 0)) {
  process.stderr.write('--cuts, --half-open, --kills and --seed are whole numbers\n');
  process.exit(2);
}

process.stderr.write(`crash rig: --seed ${seed}\n`);
const before = machine();
const after = await fleetCrashes({
  ...{ cuts, halfOpen, replays: true, kills, seed, restartDatabase: crashDatabase },
  note: (line) => process.stderr.write(`${line}\n`),
});
const held = [after.lost, after.duplicated, after.broken, after.different].every(
  ({ length }) => length === 0,
);
const ok = held && after.leaked === 0 && after.misdated === 0;
const result = {
  rig: 'crash',
  options: { cuts, halfOpen, kills, seed },
  machine: { ...before, loadAverageAfter: machine().loadAverage },
  ok,
  ...after,
};
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else {
  const { lost, duplicated, broken, submits, ticks, epochs, replayed, different } = after;
  process.stdout.write(
    `${cuts} cuts, ${kills} kills: ${submits} submits, ${ticks} ticks, ${epochs} epochs; ${lost.length} lost, ${duplicated.length} duplicated, ${broken.length} promises broken, ${different.length} of ${replayed} ticks replayed otherwise\n`,
  );
}
process.exitCode = ok ? 0 : 1;

/** kill -9 of one session's process: the server ends all of them, and recovers as after a crash of the machine. */
async function crashDatabase(url: string): Promise<void> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  process.kill(rows[0]!.pid, 'SIGKILL');
  await client.end().catch(() => {});
}
