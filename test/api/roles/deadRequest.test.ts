// A dead letter of the intake topic says why, holds no token, and fits into a record whatever was refused.
import { describe, expect, it } from 'vitest';
import type { IncomingRecord } from '../../../adapters/kafka/index.ts';
import type { Problem } from '../../../api/errors.ts';
import { deadRequest } from '../../../api/roles/deadRequest.ts';

const CALL = { cell: 'main', requestId: 'call-1' };
const PROBLEM: Problem = { code: 'MALFORMED_JSON', detail: 'a value is missing at character 1' };

function aRecord(change: Partial<IncomingRecord> & { readonly bytes?: Buffer } = {}): IncomingRecord {
  const bytes = change.bytes ?? Buffer.from('{');
  return {
    ...{ topic: 'annona.main.requests', partition: 2, offset: '41', key: 'forge-01', headers: {} },
    ...change,
    ...{ bytes, value: bytes.toString('utf8') },
  };
}

describe('a dead letter of the intake topic', () => {
  it('is the record, with the problem document and its place', () => {
    const headers = { traceparent: 'x', Authorization: 'Bearer secret', authorization: 'Bearer secret' };
    const letter = deadRequest(aRecord({ headers }), PROBLEM, CALL);
    expect(letter).toEqual({
      topic: 'annona.main.requests.dead',
      key: 'forge-01',
      value: '{',
      headers: {
        traceparent: 'x',
        annona_code: 'MALFORMED_JSON',
        annona_reason: expect.any(String),
        annona_place: 'annona.main.requests/2/41',
        annona_value: 'kept',
      },
    });
    expect(JSON.parse(letter.headers.annona_reason!)).toMatchObject({
      code: 'MALFORMED_JSON',
      status: 400,
      instance: 'annona.main.requests/2/41',
      requestId: 'call-1',
    });
    expect(JSON.stringify(letter)).not.toContain('secret');
  });

  it('does not let a sender write its marks', () => {
    const { headers } = deadRequest(
      aRecord({ headers: { annona_code: 'NONE', Annona_x: 'y' } }),
      PROBLEM,
      CALL,
    );
    expect(headers).toMatchObject({ annona_code: 'MALFORMED_JSON' });
    expect(headers).not.toHaveProperty('Annona_x');
  });

  it.each([
    ['a large value', aRecord({ bytes: Buffer.alloc(512 * 1024, 0x61) })],
    ['large headers', aRecord({ headers: { a: 'x'.repeat(600_000) } })],
    ['bytes that are no text', aRecord({ bytes: Buffer.from([0xff]) })],
  ])('leaves out %s, and says so', (_what, record) => {
    const letter = deadRequest(record, PROBLEM, CALL);
    expect(letter).toMatchObject({ key: '', value: '', headers: { annona_value: 'left out' } });
    expect(JSON.stringify(letter).length).toBeLessThan(2000);
  });
});
