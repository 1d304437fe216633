// POST /v1/simulations: a scenario as a side job, followed and fetched as every other under /v1/jobs.
// Invariant: what is too large is refused before a row is written; a simulation changes nothing of the cell, and reads what its asker may read.

import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../errors.ts';
import { accept, accessOf } from './access.ts';
import { callKeyHooks } from './callKeys.ts';
import { askForJob, jobJson } from './jobs.ts';
import type { ServerOptions } from './options.ts';
import { JobJson } from './schemas/jobs.ts';
import { SimulationBody, simulationFaults, toldJobs, tooLarge } from './schemas/simulations.ts';
import { typed } from './typed.ts';
import { summarise } from './validate.ts';

export function addSimulations(server: FastifyInstance, options: ServerOptions): void {
  typed(server).post(
    '/simulations',
    {
      config: { action: 'runJobs' },
      schema: { body: SimulationBody, response: { 202: JobJson } },
      ...callKeyHooks(options),
    },
    async (request, reply) => {
      const { body } = request;
      const faults = simulationFaults(body);
      if (faults.length > 0)
        throw new ProblemError({ code: 'BODY_INVALID', detail: summarise(faults), errors: faults });
      const why = tooLarge(body, toldJobs(body));
      if (why !== null) throw new ProblemError({ code: 'SIMULATION_TOO_LARGE', detail: why });
      const { principal, scope } = accessOf(request);
      const asked = {
        subject: principal.subject,
        kind: 'simulation',
        input: { runner: 'scenario', input: body },
      };
      const job = await askForJob(options, scope, asked);
      return accept(reply, `/v1/jobs/${job.id}`).send(jobJson(job));
    },
  );
}
