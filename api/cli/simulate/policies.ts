// What `--organisation`, `--policies` and `--history` come to: who asks, whose policies judge, and requests that were made. Invariant: policies are
// compiled once, before anything runs. Called by ../simulate.ts.

import type { Configuration, Instant } from '../../../scheduler/index.ts';
import { EPOCH_MS } from '../../../simulations/index.ts';
import { problemLine, readOrganisation } from '../../organisation/index.ts';
import { CommandError, type CommandIo, EXIT } from '../io.ts';
import { type Bundles, readBundles } from './bundles.ts';
import { type CompanySpec, loadedAt, SHIPPED } from './company.ts';
import { readRecorded } from './history.ts';
import type { ScenarioPoint } from './scenario.ts';
import type { WorkloadSpec } from './workload.ts';

export interface PolicyOptions {
  /** Separated by commas: folders, bundles, or `shipped`. */
  readonly policies?: string;
  /** Folder of an organisation. */
  readonly organisation?: string;
}

export async function companyPart(
  { organisation, policies }: PolicyOptions,
  io: CommandIo,
): Promise<Pick<WorkloadSpec, 'company' | 'bundles'> | null> {
  if (organisation === undefined) {
    if (policies === undefined) return null;
    throw new CommandError(
      '--policies judge an organisation: name its folder with --organisation',
      EXIT.usage,
    );
  }
  const { spec } = await treeAt(organisation, EPOCH_MS);
  return { company: spec, bundles: await bundlesOf(policies, io) };
}

export async function historyPoint(
  { history, organisation, policies }: PolicyOptions & { readonly history: string },
  io: CommandIo,
): Promise<ScenarioPoint> {
  const made = await readRecorded(history);
  const given = organisation === undefined ? null : (await treeAt(organisation, made.startsAt)).configuration;
  const configuration = given ?? made.configuration;
  if (configuration === null)
    throw new CommandError(
      `${history} does not hold the organisation: name its folder with --organisation, or take it again with annona record --history`,
      EXIT.usage,
    );
  const bundles = await bundlesOf(policies, io);
  const spec = { trace: history, gpuModel: 'v100', recorded: { made, configuration }, bundles };
  const names = Object.keys(bundles);
  return { spec, tasks: names.map((name) => ({ scheduler: 'annona', seed: null, policies: name })) };
}

function bundlesOf(policies: string | undefined, io: CommandIo): Promise<Bundles> {
  const paths = (policies ?? SHIPPED).split(',').map((path) => path.trim());
  if (paths.includes('')) throw new CommandError(`--policies ${policies}: a name is empty`, EXIT.usage);
  return readBundles([...new Set(paths)], io, '.');
}

async function treeAt(
  directory: string,
  now: Instant,
): Promise<{ readonly spec: CompanySpec; readonly configuration: Configuration }> {
  const texts = await readOrganisation(directory);
  const loaded = loadedAt(texts, now);
  if ('configuration' in loaded)
    return { spec: { texts, overrides: {} }, configuration: loaded.configuration };
  const lines = loaded.problems.map((problem) => `${directory}/${problemLine(problem)}`);
  throw new CommandError(lines.join('\n'), EXIT.usage);
}
