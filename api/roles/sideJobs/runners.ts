// How jobs of each kind are run. Invariant: a runner reads by the scope that it is given; what it needs of the database is passed in here.
// A new kind is a runner, a row here, and a shape in api/http/schemas/jobs.ts. Called by jobProcess.ts.

import type { PostgresAdapter } from '../../../adapters/postgres/index.ts';
import { now } from '../../../adapters/system/clock.ts';
import type { SideJobRunner } from '../../ports.ts';
import { createExport } from './exportRunner.ts';
import { SideJobInputError } from './inputError.ts';
import { createReport } from './reportRunner.ts';
import { SIMULATIONS } from './simulations.ts';

const RUNNERS: Readonly<Record<string, (adapter: PostgresAdapter) => SideJobRunner>> = {
  export: (adapter) => createExport({ ...adapter, requests: adapter.readers, leases: adapter.readers }),
  report: (adapter) => createReport({ ...adapter, now }),
  simulation: (adapter) => ({
    async run(input, context) {
      const { runner, input: own } = input as { readonly runner: string; readonly input: unknown };
      const load = Object.hasOwn(SIMULATIONS, runner) ? SIMULATIONS[runner] : undefined;
      if (load === undefined)
        throw new SideJobInputError(
          `there is no simulation ${runner} (there are: ${Object.keys(SIMULATIONS).join(', ') || 'none'})`,
        );
      return (await load(adapter)).run(own, context);
    },
  }),
};

export const SIDE_JOB_KINDS: readonly string[] = Object.keys(RUNNERS);

export function runnerOf(kind: string, adapter: PostgresAdapter): SideJobRunner {
  const make = Object.hasOwn(RUNNERS, kind) ? RUNNERS[kind] : undefined;
  if (make === undefined) throw new SideJobInputError(`there is no job of kind ${kind}`);
  return make(adapter);
}
