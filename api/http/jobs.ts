// /v1/jobs: work that takes longer than a call, asked for here and fetched later: exports, reports, simulations.
// Invariant: a job reads what its asker may read, and is seen by who may read it; the edge writes its row and runs nothing.

import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { ProblemError } from '../errors.ts';
import type { Scope, SideJob } from '../ports.ts';
import { accept, accessOf, notFound } from './access.ts';
import { callKeyHooks } from './callKeys.ts';
import type { ServerOptions } from './options.ts';
import { pageQuery } from './pages.ts';
import { FilterText, IdParams, PageQueryFields } from './schemas/fields.ts';
import { JOB_STATES, JobBody, JobJson } from './schemas/jobs.ts';
import { pageOf } from './schemas/views.ts';
import { formatInstant, formatNullable } from './time.ts';
import { typed } from './typed.ts';
import { pageJson } from './views.ts';

const JOB_ID = /^job_[0-9a-z]{26}$/;
const ListQuery = Type.Object(
  { ...PageQueryFields, state: Type.Optional(Type.Enum([...JOB_STATES])), kind: Type.Optional(FilterText) },
  { additionalProperties: false },
);

export function addJobs(server: FastifyInstance, options: ServerOptions): void {
  addAsking(server, options);
  addReading(server, options);
}

function addAsking(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const { sideJobs, system } = options;
  app.post(
    '/jobs',
    {
      config: { action: 'runJobs' },
      schema: { body: JobBody, response: { 202: JobJson } },
      ...callKeyHooks(options),
    },
    async (request, reply) => {
      const { principal, scope } = accessOf(request);
      const { kind, input } = request.body;
      const { cell } = options.configuration();
      const id = system.newJobId();
      const job = await sideJobs.add(scope, { id, cell, subject: principal.subject, kind, input });
      options.jobAdded();
      return accept(reply, `/v1/jobs/${id}`).send(jobJson(job));
    },
  );
  app.delete(
    '/jobs/:id',
    { config: { action: 'runJobs' }, schema: { params: IdParams, response: { 200: JobJson } } },
    async (request) => {
      const { scope } = accessOf(request);
      const { id } = request.params;
      const cancelled = JOB_ID.test(id) ? await sideJobs.cancel(scope, id) : null;
      // One that has ended stays as it is: its end is the answer.
      return jobJson(cancelled ?? (await find(options, scope, id)));
    },
  );
}

function addReading(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const config = { action: 'readJobs' as const };
  app.get(
    '/jobs',
    { config, schema: { querystring: ListQuery, response: { 200: pageOf(JobJson) } } },
    async (request) => {
      const { limit: _, after: __, ...filter } = request.query;
      const query = { ...filter, ...pageQuery(request.query) };
      return pageJson(await options.sideJobs.jobs(accessOf(request).scope, query), jobJson);
    },
  );
  app.get(
    '/jobs/:id',
    { config, schema: { params: IdParams, response: { 200: JobJson } } },
    async (request) => jobJson(await find(options, accessOf(request).scope, request.params.id)),
  );
  app.get('/jobs/:id/result', { config, schema: { params: IdParams } }, async (request, reply) => {
    const { scope } = accessOf(request);
    const job = await find(options, scope, request.params.id);
    if (job.result === null)
      throw new ProblemError({ code: 'JOB_NOT_DONE', detail: `the job is ${job.state} and has no result` });
    const { contentType, fileName, bytes } = job.result;
    reply.header('content-disposition', `attachment; filename="${fileName}"`);
    reply.header('content-length', String(bytes));
    return reply.type(contentType).send(Readable.from(partsOf(options, scope, job), { objectMode: false }));
  });
}

/** One after the other: a result is never whole in memory. */
async function* partsOf({ sideJobs }: ServerOptions, scope: Scope, { id, result }: SideJob) {
  for (let n = 0; n < (result?.parts ?? 0); n += 1) {
    const part = await sideJobs.part(scope, id, n);
    if (part === null) throw new Error(`part ${n} of job ${id} is gone`);
    yield part;
  }
}

async function find({ sideJobs }: ServerOptions, scope: Scope, id: string): Promise<SideJob> {
  const job = JOB_ID.test(id) ? await sideJobs.job(scope, id) : null;
  if (job === null) throw notFound('job');
  return job;
}

function jobJson(job: SideJob) {
  const { id, kind, department, reach, subject, input, state, done, total, attempts, result, error } = job;
  const { queuedAt, startedAt, endedAt } = job;
  return {
    ...{ id, kind, department, reach, subject, input, state, progress: { done, total }, attempts },
    queuedAt: formatInstant(queuedAt),
    startedAt: formatNullable(startedAt),
    endedAt: formatNullable(endedAt),
    result: result && {
      href: `/v1/jobs/${id}/result`,
      fileName: result.fileName,
      contentType: result.contentType,
      bytes: result.bytes,
      sha256: result.sha256,
    },
    error,
  };
}
