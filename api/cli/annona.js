#!/usr/bin/env node
// @ts-check
// The `annona` command: makes sure that a fitting Node runs main.ts, and hands it the arguments.
// Invariant: the command sees each stop signal once, and the launcher leaves with the command's own exit code.
// Called by `npx annona`, `npm start` and the installed bin. Plain JavaScript that older Nodes parse: telling
// them what to install is its purpose.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

/** @type {NodeJS.Signals[]} */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

// One Ctrl-C arrives up to three times: from the terminal to the whole group, from npm, from this launcher.
// A second one inside this window is an echo, a later one is a person who means it: echoes follow within
// milliseconds, and a second leaves room for a machine too busy to pass them on at once.
const ECHO_MS = 1000;

/**
 * Runs TypeScript as it stands and has what Annona uses: 22.22 of the 22 line, and from 24.6 on.
 * @param {string} version like `24.21.0`
 */
function fits(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (major === 22 && minor >= 22) || (major === 24 && minor >= 6) || major > 24;
}

/** The pinned runtime of this platform, when it is installed and fits. */
function pinnedNode() {
  const require = createRequire(import.meta.url);
  try {
    const manifest = require.resolve(`node-${process.platform}-${process.arch}/package.json`);
    const binary = join(dirname(manifest), 'bin', 'node');
    return fits(require(manifest).version) && existsSync(binary) ? binary : undefined;
  } catch {
    return undefined; // not installed: an optional dependency, and none exists for every platform
  }
}

/**
 * Runs this file again under `node` and becomes its shadow: signals in, exit code out.
 * @param {string} node
 */
function runUnder(node) {
  const child = spawn(node, [...process.argv.slice(1)], { stdio: 'inherit' });
  for (const signal of STOP_SIGNALS) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`annona: ${node} does not start: ${error.message}`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code === null ? 128 + (signal ? constants.signals[signal] : 0) : code;
  });
}

/** Swallows the echoes of a stop signal, so that "the second Ctrl-C kills" is never the first one's echo. */
function hearSignalsOnce() {
  const emit = process.emit;
  /** @type {Map<string | symbol, number>} */
  const heard = new Map();
  /** @type {(event: string | symbol, ...rest: unknown[]) => boolean} */
  const once = (event, ...rest) => {
    if (STOP_SIGNALS.some((signal) => signal === event)) {
      const now = performance.now();
      if (now - (heard.get(event) ?? Number.NEGATIVE_INFINITY) < ECHO_MS) return true;
      heard.set(event, now);
    }
    return Reflect.apply(emit, process, [event, ...rest]);
  };
  Object.assign(process, { emit: once });
}

const pinned = fits(process.versions.node) ? undefined : pinnedNode();
if (fits(process.versions.node)) {
  hearSignalsOnce();
  const { run } = await import('./main.ts');
  process.exitCode = await run(process.argv.slice(2));
} else if (pinned) {
  runUnder(pinned);
} else {
  console.error(
    `annona: Node ${process.versions.node} is too old. Install Node 24.6 or newer (22.22 of the 22 line will do), or, on ` +
      'Linux, let npm bring it: `npm install` without --omit=optional.',
  );
  process.exitCode = 1;
}
