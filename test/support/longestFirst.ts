// The order of the test files: those that take longest start first, so that none of them runs alone at the end.
// Invariant: the same order in every run and on every machine; what failed last time does not move. Used by test/vitest.config.ts.
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Over 20 s each beside others on two cores, longest first. */
const LONGEST = [
  'crash/fleetCrashes',
  'crash/kill',
  'simulations/faults/faults',
  'bench/smoke',
  'api/roles/kafkaIntake',
  'adapters/postgres/embedded',
  'solver/node',
  'crash/neighbours',
  'api/roles/edgeApart',
  'adapters/postgres/contracts',
  'adapters/postgres/embedded.users',
  'api/console/pages/journeys',
  'crash/failover',
  'solver/determinism',
  'promises/liveEdits',
  'api/http/isolation',
  'api/cli/start',
  'api/cli/replayTrace',
  'simulations/faults/everyCall',
  'api/cli/policy/policy',
  'api/cli/solve',
  'adapters/postgres/embedded.crash',
  'api/roles/sideJobs',
  'api/organisation/mutation',
  'policies/acme',
  'solver/warm',
  'solver/programs/node',
  'adapters/postgres/isolation',
  'solver/engines/glpk',
  'api/roles/engines',
  'scheduler/whatItTakes',
].map((name) => `test/${name}.test.ts`);

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const named = files.map((file) => ({
      file,
      name: relative(this.ctx.config.root, file.moduleId),
      project: file.project.name,
    }));
    const rank = (name: string): number => {
      const at = LONGEST.indexOf(name);
      return at < 0 ? LONGEST.length : at;
    };
    // The rest by folder: a worker that goes on to a neighbour has most of its modules already. It goes on within its project alone.
    return named
      .sort((a, b) => rank(a.name) - rank(b.name) || order(a.project, b.project) || order(a.name, b.name))
      .map(({ file }) => file);
  }
}
