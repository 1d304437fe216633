// GET /v1/ticks/:id/file: for those who see all departments; what is not kept says how long ticks are.

import { describe, expect, it } from 'vitest';
import { toTickFile } from '../../../scheduler/index.ts';
import { aRequest, aState } from '../../support/builders.ts';
import { AS_FORGE, AS_OPERATOR, anEdge, expectProblem } from './support.ts';

const FILE = toTickFile(aState().request(aRequest(1).gpu(1)).snapshot());

const anEdgeWith = (oldest: number | null) =>
  anEdge({
    server: {
      tickFiles: { ticksMax: 64, file: (tick) => (tick === 7 ? FILE : null), oldest: () => oldest },
    },
  });

describe('a tick as a file', () => {
  it('is the tick file itself, to be kept under the name of its tick', async () => {
    const edge = await anEdgeWith(5);
    const answer = await edge.call({ method: 'GET', url: '/v1/ticks/7/file', as: AS_OPERATOR });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-disposition']).toBe('attachment; filename="tick-7.json"');
    expect(answer.json()).toEqual(JSON.parse(JSON.stringify(FILE)));
  });

  it('that is not kept is 404 with how long ticks are', async () => {
    const edge = await anEdgeWith(5);
    const call = { method: 'GET', as: AS_OPERATOR } as const;
    const older = expectProblem(await edge.call({ ...call, url: '/v1/ticks/4/file' }), 'NOT_FOUND');
    expect(older.detail).toContain('the last 64 ticks that had a program');
    expect(older.detail).toContain('the oldest is tick 5');
    expectProblem(await edge.call({ ...call, url: '/v1/ticks/none/file' }), 'NOT_FOUND');
    const empty = await (await anEdgeWith(null)).call({ ...call, url: '/v1/ticks/4/file' });
    expect(expectProblem(empty, 'NOT_FOUND').detail).toContain('it has none now');
  });

  it('is refused to whoever may not see all departments', async () => {
    const edge = await anEdgeWith(5);
    for (const as of [AS_FORGE, 'department-head:research', 'reviewer:research', 'policy-author:research'])
      expectProblem(await edge.call({ method: 'GET', url: '/v1/ticks/7/file', as }), 'ROLE_NOT_ALLOWED');
  });
});
