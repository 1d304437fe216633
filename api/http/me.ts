// GET /v1/me: who calls, in which organisation, and what the permission table lets that role do. The console shows nothing else.
// Invariant: read from the verified token and the one table; no row of anybody is in it.

import type { FastifyInstance } from 'fastify';
import { accessOf } from './access.ts';
import type { ServerOptions } from './options.ts';
import { PERMISSIONS } from './permissions.ts';
import { MeJson } from './schemas/me.ts';
import { formatInstant } from './time.ts';
import { typed } from './typed.ts';

export function addMe(server: FastifyInstance, options: ServerOptions): void {
  typed(server).get(
    '/me',
    { config: { action: 'readSelf' }, schema: { response: { 200: MeJson } } },
    async (request) => {
      const { subject, role, department, agent, expiresAt } = accessOf(request).principal;
      const { organisation, cell, classes } = options.configuration();
      return {
        subject,
        role,
        department,
        agent,
        expiresAt: formatInstant(expiresAt),
        now: formatInstant(options.system.now()),
        organisation,
        cell,
        classes: classes.toSorted((a, b) => a.rank - b.rank).map(({ name }) => name),
        may: PERMISSIONS[role],
      };
    },
  );
}
