// The policies of a process put together: the bundle in force, the service over it, its keeper, its folder, its decision log.
// Invariant: a process does not start on a bundle that it cannot verify, nor on keys that it cannot read. Called by scheduling.ts.

import { readFile } from 'node:fs/promises';
import { DecisionLog } from '../../policies/index.ts';
import { defaultBundle, type TrustedKey, trustedKeys, workerPolicy } from '../../policies/node.ts';
import type { Configuration, Instant, StateSource, Stopwatch, Timers } from '../../scheduler/index.ts';
import { policyDataOf } from '../policyData.ts';
import type { PolicyStore } from '../ports.ts';
import { openDecisionFile } from './decisionFile.ts';
import { watchPolicyFolder } from './policyFolder.ts';
import { type ForeseeingGate, policyGate } from './policyGate.ts';
import { bundleInForce, PolicyKeeper } from './policyKeeper.ts';
import { StartRefused } from './startRefused.ts';

export interface PolicySettings {
  /** PEM files with the public keys that bundles may be signed with. */
  readonly keyFiles: readonly string[];
  /** Bundles that are dropped here are activated. */
  readonly folder?: string;
  readonly logFile?: string;
  /** Paths of fields that the decision log leaves out. */
  readonly logMask: readonly string[];
  /** One allowed request of so many is written down; 0: none. */
  readonly logSample: number;
}

/** No key is trusted, so that no bundle but the shipped one is ever active. */
export const DEFAULT_POLICY_SETTINGS: PolicySettings = { keyFiles: [], logMask: ['purpose'], logSample: 100 };

export interface PoliciesParts {
  readonly settings: PolicySettings;
  readonly configuration: Configuration;
  readonly store: PolicyStore;
  readonly now: () => Instant;
  readonly stopwatch: Stopwatch;
  readonly timers: Timers;
  readonly log: (line: string) => void;
}

export interface Policies {
  readonly gate: ForeseeingGate;
  readonly keeper: PolicyKeeper;
  readonly decisions: DecisionLog;
  stop(): Promise<void>;
}

/** The memory of a new leader: loaded once the process judges by the bundle in force, so that its first tick does. */
export function underWhatIsInForce(keeper: Pick<PolicyKeeper, 'follow'>, source: StateSource): StateSource {
  return {
    async load(cell, epoch) {
      await keeper.follow();
      return source.load(cell, epoch);
    },
  };
}

export async function startPolicies(parts: PoliciesParts): Promise<Policies> {
  const { settings, configuration, store, now, stopwatch, timers, log } = parts;
  const { cell } = configuration;
  const keys = await readKeys(settings.keyFiles);
  const shipped = await defaultBundle();
  const bundle = await bundleInForce({ cell, store, shipped, keys }).catch((error: Error) => {
    const what = `the policy bundle in force cannot be used: ${error.message}`;
    throw new StartRefused('policy', `${what}; ANNONA_POLICY_KEYS must name the key that signed it`);
  });
  const service = await workerPolicy({ bundle, data: policyDataOf(configuration) });
  const file = settings.logFile === undefined ? null : openDecisionFile(settings.logFile, log);
  const decisions = new DecisionLog({
    mask: settings.logMask,
    sampleEvery: settings.logSample,
    ...(file === null ? {} : { sink: (record) => file.write(record) }),
  });
  const configurationRevision = (): string => service.dataRevision;
  const keeper = new PolicyKeeper({
    cell,
    store,
    service,
    shipped,
    keys,
    configurationRevision,
    now,
    timers,
    log,
  });
  keeper.start();
  const { folder } = settings;
  const watch = folder === undefined ? null : watchPolicyFolder({ folder, keeper, timers });
  return {
    gate: policyGate(service, { log: { decisions, now, stopwatch }, tell: log }),
    keeper,
    decisions,
    async stop() {
      await watch?.stop();
      await keeper.stop();
      await service.close();
      await file?.close();
    },
  };
}

async function readKeys(files: readonly string[]): Promise<TrustedKey[]> {
  const keys: TrustedKey[] = [];
  for (const file of files) {
    try {
      keys.push(...trustedKeys(await readFile(file, 'utf8')));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new StartRefused('policy', `ANNONA_POLICY_KEYS: ${file}: ${why}`);
    }
  }
  return keys;
}
