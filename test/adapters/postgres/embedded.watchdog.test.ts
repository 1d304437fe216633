// The watchdog of the embedded PostgreSQL, on a stand-in for the server. Each round of its loop is made visible by a
// log over the limit, which it cuts short once a round.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forgetOwner, joinOwners } from '../../../adapters/postgres/embedded/owners.ts';
import type { ProcessRef } from '../../../adapters/postgres/embedded/processes.ts';
import { findProcess, isAlive } from '../../../adapters/postgres/embedded/processes.ts';
import {
  dismissWatchdog,
  LOG_LIMIT_BYTES,
  startWatchdog,
  WATCHDOG_SHELL,
} from '../../../adapters/postgres/embedded/watchdog.ts';
import type { Bench } from './support/embedded.ts';
import { alive, embeddedBench, until } from './support/embedded.ts';

let bench: Bench;
let owners: string;
let log: string;
let server: ProcessRef;
let watchdog: ProcessRef;
beforeEach(() => {
  bench = embeddedBench();
  const folder = bench.folder();
  owners = join(folder, 'owners');
  log = join(folder, 'postgres.log');
  writeFileSync(log, '');
  server = alive(spawn('sleep', ['600'], { stdio: 'ignore' }).pid!);
});
afterEach(async () => {
  if (isAlive(server)) process.kill(server.pid, 'SIGKILL');
  dismissWatchdog(watchdog);
  await until(() => !isAlive(watchdog) && !isAlive(server));
  await bench.cleanUp();
});

function watch(): void {
  watchdog = startWatchdog({ postmaster: server, owners, graceSeconds: 1, log });
}

async function aRound(): Promise<void> {
  truncateSync(log, LOG_LIMIT_BYTES + 1);
  await until(() => statSync(log).size === 0);
}

describe('the watchdog', () => {
  it('lets the server live as long as an owner does, and stops it after the last one', async () => {
    const dead = spawn('true', { stdio: 'ignore' });
    const ref = findProcess(dead.pid!);
    await once(dead, 'exit');
    const owner = joinOwners(owners);
    writeFileSync(join(owners, 'dead'), `${dead.pid} ${ref?.born}\n`);
    watch();
    // Four rounds: after two without an owner it would have stopped the server.
    for (let round = 0; round < 4; round++) await aRound();
    expect(isAlive(server)).toBe(true);
    forgetOwner(owner);
    await until(() => !isAlive(server));
    await until(() => !isAlive(watchdog));
  });

  it('does not take a process for the owner whose pid it was given later', async () => {
    const owner = joinOwners(owners);
    forgetOwner(owner);
    writeFileSync(join(owners, owner.token), `${process.pid} of another time\n`);
    watch();
    await until(() => !isAlive(server));
  });

  it('ends with the server', async () => {
    joinOwners(owners);
    watch();
    process.kill(server.pid, 'SIGKILL');
    await until(() => !isAlive(watchdog));
  });

  it('keeps the log and one older log, each within the limit and a round', async () => {
    joinOwners(owners);
    watch();
    await aRound();
    expect(statSync(`${log}.1`).size).toBe(LOG_LIMIT_BYTES + 1);
    writeFileSync(log, 'a new line\n', { flag: 'a' });
    expect(readFileSync(log, 'utf8')).toBe('a new line\n');
  });

  it('does not mind that the folder is gone', async () => {
    joinOwners(owners);
    watch();
    await aRound();
    rmSync(join(owners, '..'), { recursive: true });
    await until(() => !isAlive(server));
    expect(existsSync(owners)).toBe(false);
  });

  it('knows processes as we do: by birth, and zombies as gone', async () => {
    watch();
    const born = (pid: number) =>
      spawnSync('/bin/sh', [...WATCHDOG_SHELL.command, 'born', String(pid)], {
        env: WATCHDOG_SHELL.env,
        encoding: 'utf8',
      }).stdout.trim();
    expect(born(process.pid)).toBe(alive(process.pid).born);
    expect(born(process.pid)).not.toBe('');
    expect(born(2_147_483_646)).toBe('');
    // The shell becomes a program that never asks after the child it had as a shell.
    const parent = spawn('/bin/sh', ['-c', 'sleep 1 & echo $!; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = (await once(parent.stdout!, 'data')) as [Buffer];
    const child = Number(line.toString());
    await until(() => findProcess(child) === undefined);
    expect(process.kill(child, 0)).toBe(true);
    expect(born(child)).toBe('');
    parent.kill('SIGKILL');
  });
});
