// `annona job …`, as it is declared; jobRuns.ts runs it.

import { type GroupSpec, LIMIT_OPTION, type OptionSpec } from './spec.ts';

const ID = ['<id>', 'a job, as `annona job list` shows it'] as const;
const FROM: OptionSpec = { flags: '--from <instant>', description: 'inclusive, as 2026-11-01T00:00:00Z' };
const TO: OptionSpec = { flags: '--to <instant>', description: 'exclusive' };
const WAIT: OptionSpec = { flags: '--wait', description: 'until it has ended; exit code 1 when it failed' };

export const JOB: GroupSpec = {
  name: 'job',
  description: 'work that takes longer than a call: export, report, simulate, list, get, result, cancel',
  commands: [
    {
      name: 'export',
      description: 'requests, leases or events of a span of time, as lines of JSON',
      args: [['<of>', 'requests, leases or events']],
      options: [FROM, TO, WAIT],
      examples: ['job export requests --from 2026-11-01T00:00:00Z --wait --as auditor@data-science'],
      role: 'operator',
      load: async () => (await import('./jobRuns.ts')).askForExport,
    },
    {
      name: 'report',
      description: 'usage of a span of time in groups, however long it is counted',
      options: [
        { flags: '--by <groups>', description: 'department, class, kind, agent, separated by commas' },
        FROM,
        TO,
        { flags: '--format <format>', description: 'json (default) or csv' },
        WAIT,
      ],
      examples: ['job report --by department,kind --from 2026-01-01T00:00:00Z --to 2026-11-01T00:00:00Z'],
      role: 'operator',
      load: async () => (await import('./jobRuns.ts')).askForReport,
    },
    {
      name: 'simulate',
      description:
        'run a scenario on the server: requests made by chance, a trace that goes along, or its own history',
      args: [
        ['<scenario>', 'a file as `annona simulate` takes it, or with `workload: {history: {hours: 24}}`'],
      ],
      options: [WAIT],
      examples: ['job simulate yesterday.yaml --wait --as operator@data-science'],
      role: 'operator',
      load: async () => (await import('./jobRuns.ts')).askForSimulation,
    },
    {
      name: 'list',
      description: 'jobs that you may see, newest first',
      options: [
        { flags: '--state <state>', description: 'queued, running, succeeded, failed or cancelled' },
        { flags: '--kind <kind>', description: 'export, report or simulation' },
        LIMIT_OPTION,
      ],
      examples: ['job list --state running --as operator@data-science'],
      role: 'operator',
      load: async () => (await import('./jobRuns.ts')).listJobs,
    },
    {
      name: 'get',
      description: 'one job: how far it is, and what came of it',
      args: [ID],
      examples: ['job get job_01kb5n0qfx0000000000000001'],
      role: 'operator',
      load: async () => (await import('./jobRuns.ts')).getJob,
    },
    {
      name: 'result',
      description: 'take the result of a job home',
      args: [ID],
      options: [
        {
          flags: '--file <name>',
          description: 'one of its further files, as simulation.html or simulation.csv',
        },
        { flags: '-o, --output <file>', description: 'where to; standard output when left out' },
      ],
      examples: [
        'job result job_01kb5n0qfx0000000000000001 -o requests.ndjson',
        'job result job_01kb5n0qfx0000000000000002 --file simulation.html -o simulation.html',
      ],
      role: 'operator',
      load: async () => (await import('./jobRuns.ts')).takeResult,
    },
    {
      name: 'cancel',
      description: 'end a job that has not ended',
      args: [ID],
      examples: ['job cancel job_01kb5n0qfx0000000000000001'],
      role: 'operator',
      load: async () => (await import('./jobRuns.ts')).cancelJob,
    },
  ],
};
