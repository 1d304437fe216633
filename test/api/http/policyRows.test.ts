// GET /v1/policy-rows: the newest requests as the gate shows them to the policies, and the organisation, for those who answer for policies.
import { describe, expect, it } from 'vitest';
import { policyDataOf } from '../../../api/policyData.ts';
import { faultOf } from '../../../policies/rows.ts';
import { aReportingEdge, PAYING } from './reportingEdge.ts';
import { AS_FORGE, AS_OPERATOR, expectProblem } from './support.ts';

const URL = '/v1/policy-rows';

describe('what policies see', () => {
  it('are the rows of the newest requests, oldest first, with the data that judges them', async () => {
    const edge = await aReportingEdge();
    const read = async (query = '') =>
      (await edge.call({ method: 'GET', url: `${URL}${query}`, as: AS_OPERATOR })).json();
    const { v, policyRevision, data, requests } = await read();
    expect([v, policyRevision]).toEqual([1, '']);
    expect(data).toEqual(JSON.parse(JSON.stringify(policyDataOf(PAYING))));
    expect(requests).toHaveLength(6);
    const ids = requests.map(({ id }: { id: string }) => id);
    expect((await read('?last=2')).requests.map(({ id }: { id: string }) => id)).toEqual(ids.slice(-2));
    for (const { id, row } of requests) {
      const answer = await edge.call({ method: 'GET', url: `/v1/requests/${id}`, as: AS_OPERATOR });
      const { department, agent, terms } = answer.json();
      expect(row).toMatchObject({
        department,
        agent,
        class: terms.class,
        durationSeconds: terms.durationSeconds,
      });
      expect(faultOf(row)).toBeUndefined();
    }
  });

  it('are refused beyond 10000, and to whoever does not answer for policies', async () => {
    const edge = await aReportingEdge();
    const call = (as: string, url = URL) => edge.call({ method: 'GET', url, as });
    for (const last of ['0', '10001', 'all', '-1'])
      expectProblem(await call(AS_OPERATOR, `${URL}?last=${last}`), 'QUERY_INVALID');
    for (const as of [AS_FORGE, 'department-head:research', 'reviewer:research', 'policy-author:research'])
      expectProblem(await call(as), 'ROLE_NOT_ALLOWED');
    expect((await call('auditor:research')).statusCode).toBe(200);
  });
});
