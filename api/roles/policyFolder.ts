// A folder whose signed bundles are activated as they are dropped into it. Invariant: the same acts, checks and audit as over HTTP; what
// lay there before and is known to the store is not activated again, so that a restart undoes no rollback. Made by policies.ts.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLE_BYTES_MAX } from '../../policies/node.ts';
import type { IntakeActor, Timers } from '../../scheduler/index.ts';
import { type Background, inBackground } from './background.ts';
import type { PolicyKeeper } from './policyKeeper.ts';

const LOOK_MS = 1000;
export const BUNDLE_SUFFIX = '.bundle.json';
const ACTOR = { subject: 'policy-folder', department: '', agent: null } as unknown as IntakeActor;

export interface FolderParts {
  readonly folder: string;
  readonly keeper: PolicyKeeper;
  readonly timers: Timers;
}

interface Found {
  readonly path: string;
  readonly mark: string;
  readonly changedAt: number;
  readonly bytes: number;
}

export function watchPolicyFolder(parts: FolderParts): Background {
  return inBackground((signal) => new PolicyFolder(parts).watch(signal));
}

export class PolicyFolder {
  readonly #parts: FolderParts;
  /** Path to time and size of what was looked at. */
  readonly #seen = new Map<string, string>();
  #isFirst = true;

  constructor(parts: FolderParts) {
    this.#parts = parts;
  }

  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await this.#parts.timers.sleep(LOOK_MS, signal);
    }
  }

  /** Never rejects: what fails stands in the status. */
  async look(): Promise<void> {
    const isFirst = this.#isFirst;
    try {
      // The newest last: it is the one that stays active.
      for (const found of await this.#changed()) {
        this.#seen.set(found.path, found.mark);
        await this.#take(found, isFirst);
      }
      this.#isFirst = false;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#parts.keeper.note({ doing: 'folder', revision: null, code: 'FOLDER_UNREADABLE', message });
    }
  }

  async #changed(): Promise<Found[]> {
    const { folder } = this.#parts;
    const names = (await readdir(folder)).filter((name) => name.endsWith(BUNDLE_SUFFIX));
    const all = await Promise.all(
      names.map(async (name): Promise<Found> => {
        const path = join(folder, name);
        const { mtimeMs, size } = await stat(path);
        return { path, mark: `${mtimeMs} ${size}`, changedAt: mtimeMs, bytes: size };
      }),
    );
    return all
      .filter(({ path, mark }) => this.#seen.get(path) !== mark)
      .sort((a, b) => a.changedAt - b.changedAt || (a.path < b.path ? -1 : 1));
  }

  async #take({ path, bytes }: Found, isFirst: boolean): Promise<void> {
    const { keeper } = this.#parts;
    if (bytes > BUNDLE_BYTES_MAX) {
      const message = `${path} has more than ${BUNDLE_BYTES_MAX} bytes`;
      keeper.note({ doing: 'folder', revision: null, code: 'BUNDLE_TOO_LARGE', message });
      return;
    }
    const uploaded = await keeper.upload(await readFile(path, 'utf8'), ACTOR.subject);
    if (uploaded.type === 'refused' || (isFirst && uploaded.type === 'known')) return;
    if (uploaded.type === 'conflict') {
      const { revision } = uploaded;
      const message = `another file is stored under revision ${revision}`;
      keeper.note({ doing: 'folder', revision, code: 'BUNDLE_CONFLICT', message });
      return;
    }
    await keeper.activate(uploaded.revision, { actor: ACTOR, expected: null });
  }
}
