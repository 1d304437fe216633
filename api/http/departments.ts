// /v1/departments: the tenants, what they are entitled to and how many agents act for them. They stand in the organisation's files alone.

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Configuration, Department } from '../../scheduler/index.ts';
import { notFound } from './access.ts';
import { etagOf } from './etags.ts';
import type { ServerOptions } from './options.ts';
import { pageQuery } from './pages.ts';
import { IdParams, PageQueryFields } from './schemas/fields.ts';
import { DepartmentJson } from './schemas/organisation.ts';
import { pageOf } from './schemas/views.ts';
import { typed } from './typed.ts';

const ListQuery = Type.Object(PageQueryFields, { additionalProperties: false });

export function addDepartments(server: FastifyInstance, options: ServerOptions): void {
  const app = typed(server);
  app.get(
    '/departments',
    {
      config: { action: 'readDepartments' },
      schema: { querystring: ListQuery, response: { 200: pageOf(DepartmentJson) } },
    },
    async (request) => {
      const { limit, after } = pageQuery(request.query);
      const configuration = options.configuration();
      const rest = configuration.departments
        .filter(({ id }) => after === null || id > after)
        .toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const page = rest.slice(0, limit);
      const next = rest.length > limit ? (page.at(-1)?.id ?? null) : null;
      return { items: page.map((department) => departmentJson(configuration, department)), next };
    },
  );
  app.get(
    '/departments/:id',
    {
      config: { action: 'readDepartments' },
      schema: { params: IdParams, response: { 200: DepartmentJson } },
    },
    async (request, reply) => {
      const configuration = options.configuration();
      const department = configuration.departments.find(({ id }) => id === request.params.id);
      if (department === undefined) throw notFound('department');
      reply.header('etag', etagOf(department, options.digest));
      return departmentJson(configuration, department);
    },
  );
}

function departmentJson({ agents }: Configuration, department: Department) {
  const { id, title, clearanceCeiling, classes, kinds = null, requestLimits, weight = 1 } = department;
  const count = agents.reduce((sum, agent) => (agent.department === id ? sum + 1 : sum), 0);
  return { id, title, clearanceCeiling, classes, kinds, requestLimits, weight, agents: count };
}
