// A small organisation that is right, to be spoilt one place at a time; and the ways to load it. Used by the tests of the loader.

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseOrganisation, problemLine } from '../../../api/organisation/index.ts';
import type { Configuration, Digest } from '../../../scheduler/index.ts';

/** Wednesday 2026-11-25, 13:00 UTC. */
export const NOW = Date.UTC(2026, 10, 25, 13);

export const sha256: Digest = (parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

export const ACME = join(import.meta.dirname, '../../../examples/acme');

const SMALL: Readonly<Record<string, string>> = {
  'organisation.yaml': `organisation: small
cell: main
classes:
  - { name: standard, rank: 0, targetWaitSeconds: 60, maxDurationSeconds: 3600 }
leaseTerms: { startLimitSeconds: 60, heartbeatTimeoutSeconds: 30, graceSeconds: 5 }
skills: [build, legal-review]
`,
  'departments.yaml': `departments:
  - id: engineering
    title: Engineering
    clearanceCeiling: confidential
    classes: [standard]
    requestLimits: { gpu: 8 }
    agents:
      - name: forge
        count: 2
        skills: [build]
        clearance: internal
        accounts: [builds]
        concurrency: 4
  - { id: legal, title: Legal, clearanceCeiling: restricted, classes: [standard] }
`,
  'pools.yaml': `pools:
  - { id: a100, kind: gpu, unit: GPU, capacity: 10, labels: { model: A100 } }
  - { id: h100, kind: gpu, unit: GPU, capacity: 6, labels: { model: H100 } }
  - id: counsel
    kind: review
    unit: slot
    labels: { skill: legal-review }
    calendar:
      weekly:
        - { days: [mon, wed], from: "09:00", to: "12:00", slots: 3, weeks: 2 }
`,
  'quotas.yaml': `cohorts:
  - { id: all, title: Everybody }
quotas:
  - kind: gpu
    cohort: all
    shares:
      engineering: { nominal: 12, borrowingLimit: 4, lendingLimit: 6 }
      legal: { nominal: 4 }
`,
  'accounts.yaml': `accounts:
  - { id: small, title: Small, measure: { type: money, currency: EUR }, monthly: 1000 }
  - { id: builds, title: Builds, parent: small, monthly: 500 }
`,
};

type SmallFile = 'organisation' | 'departments' | 'pools' | 'quotas' | 'accounts';

export interface Spoilt {
  readonly file: SmallFile;
  /** Stands once in the file. */
  readonly replace: string;
  readonly by: string;
}

/** The small tree with some of its text replaced. */
export function smallTree(...changes: readonly Spoilt[]): Record<string, string> {
  const files = { ...SMALL };
  for (const { file, replace, by } of changes) {
    const [before, after, more] = files[`${file}.yaml`]!.split(replace);
    if (after === undefined || more !== undefined)
      throw new Error(`"${replace}" does not stand once in ${file}.yaml`);
    files[`${file}.yaml`] = before + by + after;
  }
  return files;
}

export function parseTree(files: Readonly<Record<string, string>>, now = NOW) {
  const texts = Object.entries(files).map(([file, text]) => ({ file, text }));
  return parseOrganisation(texts, { now, digest: sha256 });
}

/** Its problems as lines for a terminal. */
export function problemsOf(files: Readonly<Record<string, string>>): readonly string[] {
  const loaded = parseTree(files);
  return loaded.ok ? [] : loaded.problems.map(problemLine);
}

export function configurationOf(files: Readonly<Record<string, string>>, now = NOW): Configuration {
  const loaded = parseTree(files, now);
  if (!loaded.ok) throw new Error(loaded.problems.map(problemLine).join('\n'));
  return loaded.configuration;
}

/** Runs `use` with a temporary directory that holds the files. */
export async function withDirectory<T>(
  files: Readonly<Record<string, string>>,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'annona-organisation-'));
  try {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, file)), { recursive: true });
      await writeFile(join(directory, file), text);
    }
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}
