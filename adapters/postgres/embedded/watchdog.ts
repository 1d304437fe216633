// Stops a server that no live owner uses any more, and keeps its log bounded. Invariant: it signals only the
// postmaster it was started for, in order (fast shutdown), and only after announcing itself as a leaver (owners.ts).
// Called by bringUp.ts at a launch, and at an adoption that finds the old watchdog gone.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { EmbeddedPostgresError } from './errors.ts';
import { LEAVING } from './owners.ts';
import type { ProcessRef } from './processes.ts';
import { CHILD_ENVIRONMENT, findProcess, isAlive, parseProcess } from './processes.ts';

/** Half of what the log may take: at this size it is moved to `<log>.1`, over the one before. */
export const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

// A shell, not a Node process: 1 MB of memory instead of 45, and it needs no file of ours, which an upgrade could
// take away beneath it. It must find the same `born` as processes.ts, which a test holds it to.
const SCRIPT = `
owners=$1 postmaster=$2 postmaster_born=$3 grace=$4 poll=$5 log=$6 log_limit=$7 leaving=$8

born() {
  if [ -e /proc/self/stat ]; then
    { read -r line < "/proc/$1/stat"; } 2>/dev/null || return 0
    set -- ${'$'}{line##*') '}
    case $1 in Z|X) return 0 ;; esac
    read -r boot < /proc/sys/kernel/random/boot_id
    echo "$boot:${'$'}{20}"
  else
    case $(ps -o state= -p "$1") in Z*) return 0 ;; esac
    set -- $(ps -o lstart= -p "$1")
    echo "$*"
  fi
}

serving() { [ "$(born "$postmaster")" = "$postmaster_born" ]; }

owned() {
  for file in "$owners"/*; do
    case $file in *"$leaving") continue ;; esac
    { read -r pid start < "$file"; } 2>/dev/null || continue
    [ "$(born "$pid")" = "$start" ] && return 0
  done
  return 1
}

bound_log() {
  size=$(wc -c < "$log" 2>/dev/null) || return 0
  # Copied and cut short, not renamed: the server writes to an open file, always at its end.
  if [ "$size" -gt "$log_limit" ]; then cp "$log" "$log.1" && : > "$log"; fi
}

stop_unowned() {
  mark=$owners/watchdog-$$$leaving
  # Fails only when the folder is gone or the disk is full; then nobody can join either.
  echo "$$ $(born $$)" > "$owners/.watchdog-$$" && mv "$owners/.watchdog-$$" "$mark"
  if ! owned && serving; then
    kill -INT "$postmaster"
    while serving; do sleep 1; done
  fi
  rm -f "$mark"
}

if [ "$1" = born ]; then born "$2"; exit; fi
unowned=0
while serving; do
  if owned; then unowned=0; elif [ "$unowned" -ge "$grace" ]; then stop_unowned; else unowned=$((unowned + poll)); fi
  bound_log
  sleep "$poll"
done
`;

/** The script travels in the environment, so that a list of processes shows one line and not the whole of it. */
export const WATCHDOG_SHELL = {
  command: ['-c', 'eval "$ANNONA_WATCHDOG"', 'annona-watchdog'],
  env: { ...CHILD_ENVIRONMENT, ANNONA_WATCHDOG: SCRIPT },
};

export interface WatchdogOptions {
  postmaster: ProcessRef;
  /** Folder of owner files. */
  owners: string;
  /** How long the server outlives its last owner. Whole seconds: the shell has no finer `sleep`. */
  graceSeconds: number;
  log: string;
}

/** Starts a watchdog in a session of its own, which Ctrl-C does not reach. It ends with the server. */
export function startWatchdog(options: WatchdogOptions): ProcessRef {
  const { postmaster, owners, graceSeconds, log } = options;
  const pollSeconds = Math.min(5, Math.max(1, Math.floor(graceSeconds / 6)));
  const numbers = [graceSeconds, pollSeconds].map(String);
  const args = [
    owners,
    String(postmaster.pid),
    postmaster.born,
    ...numbers,
    log,
    String(LOG_LIMIT_BYTES),
    LEAVING,
  ];
  const child = spawn('/bin/sh', [...WATCHDOG_SHELL.command, ...args], {
    cwd: '/',
    detached: true,
    env: WATCHDOG_SHELL.env,
    stdio: 'ignore',
  });
  child.unref();
  if (child.pid === undefined)
    throw new EmbeddedPostgresError('START_FAILED', 'The watchdog, a /bin/sh, did not start.');
  // Of two first starts the loser's server ends at once, and its watchdog with it: the launch that asked finds that out by itself.
  return findProcess(child.pid) ?? { pid: child.pid, born: 'ended' };
}

/** Ends a watchdog whose server is gone; left alone it would notice at its next poll. */
export function dismissWatchdog(watchdog: ProcessRef): void {
  // The group, so that the `sleep` it waits in goes with it.
  if (isAlive(watchdog)) process.kill(-watchdog.pid, 'SIGTERM');
}

/** Writes down which watchdog guards which server, for whoever adopts or stops it. */
export function recordWatchdog(entry: {
  record: string;
  watchdog: ProcessRef;
  postmaster: ProcessRef;
}): void {
  const { record, watchdog, postmaster } = entry;
  const draft = `${record}.${watchdog.pid}`;
  const lines = [watchdog, postmaster].map((ref) => `${ref.pid} ${ref.born}\n`);
  writeFileSync(draft, lines.join(''), { mode: 0o600 });
  renameSync(draft, record);
}

/** The live watchdog that guards this server, if any. */
export function findWatchdog(record: string, postmaster: ProcessRef): ProcessRef | undefined {
  if (!existsSync(record)) return undefined;
  const [watchdog, guarded] = readFileSync(record, 'utf8').split('\n').map(parseProcess);
  if (watchdog === undefined || guarded === undefined) return undefined;
  const same = guarded.pid === postmaster.pid && guarded.born === postmaster.born;
  return same && isAlive(watchdog) ? watchdog : undefined;
}
