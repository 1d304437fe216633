// How a process learns of another revision: by its own edit, by a tick that names it, by a slow look; one reference a revision.

import { expect, it } from 'vitest';
import { ConfigurationFollower } from '../../../api/roles/configurationFollower.ts';
import type { Configuration, TickCommit } from '../../../scheduler/index.ts';
import { aConfiguration } from '../../support/builders.ts';

const revision = (name: string): Configuration => ({
  ...aConfiguration().agent('ada').build(),
  revision: name,
});
const tickUnder = (name: string) => ({ record: { configurationRevision: name } }) as unknown as TickCommit;

function aFollower() {
  const script = { stored: revision('cfg_1'), looks: 0, fault: null as Error | null };
  const taken: string[] = [];
  const logged: string[] = [];
  const wakes: (() => void)[] = [];
  const follower = new ConfigurationFollower({
    store: {
      async currentRevision() {
        script.looks += 1;
        if (script.fault) throw script.fault;
        return script.stored.revision;
      },
      current: async () => script.stored,
    },
    held: script.stored,
    timers: {
      sleep: (_ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted) resolve();
          else wakes.push(resolve);
          signal?.addEventListener('abort', () => resolve());
        }),
    },
    onTaken: (configuration) => void taken.push(configuration.revision),
    log: (line) => void logged.push(line),
  });
  return { script, taken, logged, wakes, follower };
}

it('holds its own edit at once, and tells of it once', () => {
  const { follower, taken } = aFollower();
  const next = revision('cfg_2');
  follower.adopt(next);
  follower.adopt(revision('cfg_2'));
  expect(follower.current()).toBe(next);
  expect(taken).toEqual(['cfg_2']);
});

it('tells whoever listens of each configuration that it takes up', () => {
  const { follower } = aFollower();
  const heard: string[] = [];
  follower.hear(({ revision: taken }) => void heard.push(taken));
  for (const name of ['cfg_1', 'cfg_2', 'cfg_2', 'cfg_3']) follower.adopt(revision(name));
  expect(heard).toEqual(['cfg_2', 'cfg_3']);
});

it('looks when a tick was decided under another revision, and not otherwise', async () => {
  const { follower, script } = aFollower();
  follower.committed(tickUnder('cfg_1'));
  expect(script.looks).toBe(0);
  script.stored = revision('cfg_2');
  follower.committed(tickUnder('cfg_2'));
  await follower.look();
  expect([script.looks, follower.current()]).toEqual([1, script.stored]);
});

it('keeps the newer of its own edit and a look that was under way', async () => {
  const { follower, script } = aFollower();
  script.stored = revision('cfg_2');
  const looking = follower.look();
  follower.adopt(revision('cfg_3'));
  await looking;
  expect(follower.current().revision).toBe('cfg_3');
});

it('finds by its slow look what nobody told it, also after the database was away', async () => {
  const { follower, script, wakes, logged, taken } = aFollower();
  follower.start();
  script.fault = new Error('the database is away');
  wakes.shift()?.();
  await follower.look();
  expect(logged).toEqual(['configuration: Error: the database is away']);
  script.fault = null;
  script.stored = revision('cfg_2');
  while (wakes.length === 0) await Promise.resolve();
  wakes.shift()?.();
  while (taken.length === 0) await Promise.resolve();
  expect(follower.current()).toBe(script.stored);
  await follower.stop();
});
