// `annona approval …`: what is called, and what is printed of the answer.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { json, problem, type StubServer, stubServer } from '../../../support/stubServer.ts';
import { ran } from '../recording.ts';

let stub: StubServer;
beforeEach(async () => {
  stub = await stubServer();
});
afterEach(() => stub.close());

const run = (...argv: readonly string[]) => ran(...argv, '--url', stub.url, '--token', 'the-token');

const APPROVAL = {
  id: 'apr_1',
  state: 'scheduled',
  skill: 'legal',
  department: 'research',
  agent: 'ada',
  purpose: 'training',
  digest: 'd1',
  slot: { endsAt: '2026-11-26T10:00:00.000Z' },
};

describe('annona approval', () => {
  it('lists what can be ruled on, until when, and passes its filters on', async () => {
    stub.on('GET /v1/approvals', json(200, { items: [APPROVAL], next: null }));
    const { exitCode, out } = await run('approval', 'list', '--state', 'scheduled', '--skill', 'legal');
    expect(exitCode).toBe(0);
    expect(out).toContain('training');
    expect(out).toContain('2026-11-26');
    expect(stub.heard[0]?.call).toMatch(/state=scheduled&skill=legal/);
  });

  it('rules with the digest of what it reads, or of what it is given', async () => {
    stub.on('GET /v1/approvals/apr_1', json(200, APPROVAL));
    stub.on(
      'POST /v1/approvals/apr_1/ruling',
      json(202, { id: 'apr_1', state: 'scheduled', verdict: 'approve' }),
    );
    const approved = await run('approval', 'approve', 'apr_1', '--reason', 'fine', '--json');
    expect([approved.exitCode, JSON.parse(approved.out).verdict]).toEqual([0, 'approve']);
    expect(approved.err).toContain('annona approval get apr_1');
    expect(JSON.parse(stub.heard.at(-1)?.body ?? '')).toEqual({
      verdict: 'approve',
      reason: 'fine',
      digest: 'd1',
    });
    const before = stub.heard.length;
    await run('approval', 'reject', 'apr_1', '--reason', 'no', '--digest', 'd0');
    expect(stub.heard.slice(before).map(({ body }) => JSON.parse(body))).toEqual([
      { verdict: 'reject', reason: 'no', digest: 'd0' },
    ]);
  });

  it('needs a reason, and shows why it was refused', async () => {
    expect((await run('approval', 'approve', 'apr_1')).exitCode).toBe(2);
    stub.on(
      'POST /v1/approvals/apr_1/ruling',
      problem(403, 'FOUR_EYES', 'the request is of your own department'),
    );
    const refused = await run('approval', 'reject', 'apr_1', '--reason', 'no', '--digest', 'd1');
    expect(refused.exitCode).not.toBe(0);
    expect(refused.err).toContain('own department');
  });
});
