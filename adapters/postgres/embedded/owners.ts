// Who uses the server: one file an owner, so that the last one out stops it and the watchdog sees when none is left.
// Invariant: a joiner writes its file before it looks for leavers, a leaver renames its file before it looks for
// joiners; whichever comes second sees the other, without a lock that a killed process could keep.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessRef } from './processes.ts';
import { findProcess, isAlive, parseProcess } from './processes.ts';

/** Suffix of an owner on its way out. The watchdog leaves by the same rule (watchdog.ts). */
export const LEAVING = '.leaving';
const POLL_MS = 10;

export interface Owner {
  directory: string;
  token: string;
}

interface OwnerFile {
  name: string;
  process: ProcessRef;
}

/** Adds this process as an owner, once a call: two callers in one process are two owners. */
export function joinOwners(directory: string): Owner {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const file of ownerFiles(directory)) {
    if (!isAlive(file.process)) rmSync(join(directory, file.name), { force: true });
  }
  const self = findProcess(process.pid);
  if (self === undefined) throw new Error(`process ${process.pid} does not find itself`);
  const token = `${process.pid}-${randomBytes(6).toString('hex')}`;
  // Hidden until complete: a reader that met half a line would count a live owner as gone.
  const draft = join(directory, `.${token}`);
  writeFileSync(draft, `${self.pid} ${self.born}\n`, { mode: 0o600 });
  renameSync(draft, join(directory, token));
  return { directory, token };
}

/** Resolves to true when nobody is stopping the server, to false when the signal aborts first. */
export async function awaitLeavers(directory: string, signal: AbortSignal): Promise<boolean> {
  while (ownerFiles(directory).some((file) => file.name.endsWith(LEAVING) && isAlive(file.process))) {
    if (signal.aborted) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** Announces that this owner leaves, and returns the processes that stay. None: the caller stops the server. */
export function beginLeaving(owner: Owner): ProcessRef[] {
  const path = join(owner.directory, owner.token);
  renameSync(path, path + LEAVING);
  return ownerFiles(owner.directory)
    .filter((file) => !file.name.endsWith(LEAVING) && isAlive(file.process))
    .map((file) => file.process);
}

export function forgetOwner(owner: Owner): void {
  const path = join(owner.directory, owner.token);
  rmSync(path, { force: true });
  rmSync(path + LEAVING, { force: true });
}

/** Tokens of live owners, leavers included: what they are working on must not be cleaned away. */
export function liveTokens(directory: string): Set<string> {
  const live = ownerFiles(directory).filter((file) => isAlive(file.process));
  return new Set(live.map((file) => file.name.replace(LEAVING, '')));
}

function ownerFiles(directory: string): OwnerFile[] {
  const names = readdirSync(directory).filter((name) => !name.startsWith('.'));
  return names.flatMap((name) => {
    const process = parseOwner(join(directory, name));
    return process === undefined ? [] : [{ name, process }];
  });
}

function parseOwner(path: string): ProcessRef | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined; // its owner removed it since we listed the folder
  }
  return parseProcess(text.trimEnd());
}
