// The named exceptions to the house rules. Each has a reason, and a test fails when it is needed no more.
// Called by test/house.test.ts.
import type { Exemption } from './bans.ts';

export const BAN_EXEMPTIONS: readonly Exemption[] = [
  {
    file: 'policies/thread.ts',
    ban: 'timers',
    reason: 'ends a worker thread that hangs; reached from node.ts only',
  },
  {
    file: 'api/console/data/browser.ts',
    ban: 'Date.now',
    reason: 'the clock of the browser: the one file of the console that asks for it',
  },
  {
    file: 'api/console/data/browser.ts',
    ban: 'random bytes',
    reason: 'keys of what a person confirms: the one file of the console that asks for chance',
  },
];

/** Files that nobody imports, and who runs them. */
export const ENTRY_POINTS: Readonly<Record<string, string>> = {
  'solver/index.ts': 'the door',
  'solver/node.ts': 'the door of processes',
  'solver/child.ts': 'forked by solver/node.ts, which takes the extension of its own form',
  'solver/programs/child.ts': 'forked by solver/programs/node.ts, which takes the extension of its own form',
  'solver/programs/worker.ts':
    'started by solver/programs/child.ts, which takes the extension of its own form',
  'policies/index.ts': 'the door',
  'policies/node.ts': 'the door of processes',
  'policies/authoring/worker.ts':
    'started by policies/authoring/node.ts, which takes the extension of its own form',
  'scheduler/index.ts': 'the door',
  'api/cli/annona.js': 'the command',
  'api/cli/main.ts': 'imported by the launcher',
  'api/console/main.tsx': 'the page, from index.html',
  'api/roles/subscribe.ts': 'the door `annona/client/kafka`, for consumers',
  'api/cli/simulate/worker.ts':
    'started by api/cli/simulate/runs.ts, which takes the extension of its own form',
  'adapters/memory/store.ts':
    'the ports in memory, for simulations and tests: the contract suites hold it to what PostgreSQL does',
  'adapters/memory/hints.ts':
    'hints between the members of one process, for tests: the contract holds them to what PostgreSQL does',
  'adapters/memory/publisher.ts':
    'the stream in memory, for simulations and tests: the relay contract holds it to what Kafka does',
};

/** Source folders without a test folder of their own, and where their tests are. */
export const MIRROR_EXEMPTIONS: Readonly<Record<string, string>> = {};
