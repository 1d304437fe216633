// /v1/jobs: work that takes longer than a call, asked for here and fetched later: exports, reports, simulations.
// Invariant: a job reads what its asker may read, and is seen by who may read it; the edge writes its row and runs nothing.

import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { ProblemError } from '../errors.ts';
import type { Scope, SideJob, SideJobFile, SideJobResult } from '../ports.ts';
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

/** They are run one after the other: a department that has so many waiting keeps the others' exports waiting too. */
const WAITING_MOST = 4;
const FileParams = Type.Object(
  { id: Type.String({ maxLength: 100 }), name: Type.String({ maxLength: 100 }) },
  { additionalProperties: false },
);

export function addJobs(server: FastifyInstance, options: ServerOptions): void {
  addAsking(server, options);
  addReading(server, options);
}

function addAsking(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  const { sideJobs } = options;
  app.post(
    '/jobs',
    {
      config: { action: 'runJobs' },
      schema: { body: JobBody, response: { 202: JobJson } },
      ...callKeyHooks(options),
    },
    async (request, reply) => {
      const { principal, scope } = accessOf(request);
      const job = await askForJob(options, scope, { subject: principal.subject, ...request.body });
      return accept(reply, `/v1/jobs/${job.id}`).send(jobJson(job));
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

/** Durable when it resolves. Called by simulations.ts too. */
export async function askForJob(
  options: ServerOptions,
  scope: Scope,
  asked: Pick<SideJob, 'subject' | 'kind' | 'input'>,
): Promise<SideJob> {
  const { cell } = options.configuration();
  const { subject, kind, input } = asked;
  if (kind === 'simulation') await refuseMany(options, scope);
  const job = await options.sideJobs.add(scope, {
    id: options.system.newJobId(),
    ...{ cell, subject, kind, input },
  });
  options.jobAdded();
  return job;
}

async function refuseMany({ sideJobs }: ServerOptions, scope: Scope): Promise<void> {
  const query = { kind: 'simulation', state: 'queued', limit: 100, after: null } as const;
  const { items } = await sideJobs.jobs(scope, query);
  const waiting = items.filter(({ department }) => department === scope.department).length;
  if (waiting >= WAITING_MOST)
    throw new ProblemError({
      code: 'TOO_MANY_SIMULATIONS',
      detail: `${waiting} simulations of the department wait already`,
    });
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
    return sendFile(reply, { ...resultOf(job), firstPart: 0 }, (n) =>
      options.sideJobs.part(scope, job.id, n),
    );
  });
  app.get('/jobs/:id/files/:name', { config, schema: { params: FileParams } }, async (request, reply) => {
    const { scope } = accessOf(request);
    const job = await find(options, scope, request.params.id);
    const file = resultOf(job).files?.find(({ fileName }) => fileName === request.params.name);
    if (file === undefined) throw notFound('file');
    return sendFile(reply, file, (n) => options.sideJobs.part(scope, job.id, n));
  });
}

function resultOf({ state, result }: SideJob): SideJobResult {
  if (result !== null) return result;
  throw new ProblemError({ code: 'JOB_NOT_DONE', detail: `the job is ${state} and has no result` });
}

type PartOf = (n: number) => Promise<Uint8Array | null>;

/** Always as a file to keep: a page that a job made is never part of this origin. */
function sendFile(reply: FastifyReply, file: Omit<SideJobFile, 'files'>, partOf: PartOf): FastifyReply {
  const { contentType, fileName, bytes } = file;
  reply.header('content-disposition', `attachment; filename="${fileName}"`);
  reply.header('content-length', String(bytes));
  return reply.type(contentType).send(Readable.from(partsOf(file, partOf), { objectMode: false }));
}

/** One after the other: a result is never whole in memory. */
async function* partsOf({ fileName, firstPart, parts }: SideJobFile, partOf: PartOf) {
  for (let n = firstPart; n < firstPart + parts; n += 1) {
    const part = await partOf(n);
    if (part === null) throw new Error(`part ${n} of ${fileName} is gone`);
    yield part;
  }
}

async function find({ sideJobs }: ServerOptions, scope: Scope, id: string): Promise<SideJob> {
  const job = JOB_ID.test(id) ? await sideJobs.job(scope, id) : null;
  if (job === null) throw notFound('job');
  return job;
}

export function jobJson(job: SideJob) {
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
      ...(result.files !== undefined && {
        files: result.files.map(({ fileName, contentType, bytes, sha256 }) => {
          return { href: `/v1/jobs/${id}/files/${fileName}`, fileName, contentType, bytes, sha256 };
        }),
      }),
    },
    error,
  };
}
