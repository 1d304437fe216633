// Which calls are sent again, when, and what a list and an edit send.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient, UnreachableError } from '../../../api/client/index.ts';
import { json, problem, type StubAnswer, type StubServer, stubServer } from '../../support/stubServer.ts';

let stub: StubServer;
beforeEach(async () => {
  stub = await stubServer();
});
afterEach(() => stub.close());

const broken: StubAnswer = (response) => void response.destroy();
const busy =
  (status: number, after: string): StubAnswer =>
  (response, heard) =>
    problem(status, 'BUSY', 'not now')(response.setHeader('retry-after', after), heard);
const client = (retry?: Parameters<typeof createClient>[0]['retry']) =>
  createClient({ baseUrl: stub.url, token: 't', ...(retry === undefined ? {} : { retry }) });

describe('a call whose connection broke', () => {
  const extension = json(202, { id: 'ext_1', outcome: 'pending' });

  it('is not sent again when coming twice would do more', async () => {
    stub.on('POST /v1/leases/lse_1/extend', broken, extension);
    const asked = client().extend({ id: 'lse_1', epoch: 1 }, { seconds: 5 });
    await expect(asked).rejects.toBeInstanceOf(UnreachableError);
    expect(stub.heard).toHaveLength(1);
  });

  it('is sent again when a key makes it one', async () => {
    stub.on('POST /v1/leases/lse_1/extend', broken, extension);
    await client().extend({ id: 'lse_1', epoch: 1 }, { seconds: 5, key: 'k1' });
    expect(stub.heard.map(({ headers }) => headers['idempotency-key'])).toEqual(['k1', 'k1']);
  });

  it('ends with its signal instead of being sent again', async () => {
    stub.on('POST /v1/requests', () => {});
    const leaving = new AbortController();
    const body = { clientRequestId: 'a', options: [], terms: { class: 'c', durationSeconds: 1 } };
    const submitted = client().submit(body, { signal: leaving.signal });
    leaving.abort();
    await expect(submitted).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('a call that a busy server refused', () => {
  const good = json(200, { id: 'x' });

  it.each([429, 503])(
    'is sent again after a %i when that is asked for, as long as the tries last',
    async (status) => {
      stub.on('GET /v1/pools/x', busy(status, '0'), busy(status, '0'), good);
      expect(await client({ tries: 3 }).get('/v1/pools/x')).toEqual({ id: 'x' });
      stub.on('GET /v1/pools/x', busy(status, '0'), busy(status, '0'), good);
      await expect(client({ tries: 2 }).get('/v1/pools/x')).rejects.toMatchObject({
        code: 'BUSY',
        retryAfterSeconds: 0,
      });
    },
  );

  it('is not when it would have to wait longer than it may, or for another refusal', async () => {
    stub.on('GET /v1/pools/x', busy(503, '31'));
    await expect(client({ tries: 9 }).get('/v1/pools/x')).rejects.toMatchObject({ retryAfterSeconds: 31 });
    stub.on('GET /v1/pools/x', busy(500, '0'));
    await expect(client({ tries: 9 }).get('/v1/pools/x')).rejects.toMatchObject({ problem: { status: 500 } });
    expect(stub.heard).toHaveLength(2);
  });

  it('draws its jitter from what it is given', async () => {
    const drawn: number[] = [];
    stub.on('GET /v1/pools/x', busy(503, '0'), busy(503, '0'), good);
    const jitter = (): number => {
      drawn.push(0.5);
      return 0.5;
    };
    await client({ tries: 3, jitter }).get('/v1/pools/x');
    expect(drawn).toEqual([0.5, 0.5]);
  });
});

describe('what the rest sends', () => {
  it('reads a list page by page, and no further than it is read', async () => {
    const page = (from: number, next: string | null) => json(200, { items: [from, from + 1], next });
    stub.on('GET /v1/pools', page(1, 'b'), page(3, 'c'), page(5, null));
    const taken: unknown[] = [];
    for await (const item of client().list('/v1/pools', { kind: 'gpu', limit: 2 })) {
      taken.push(item);
      if (taken.length === 3) break;
    }
    expect(taken).toEqual([1, 2, 3]);
    expect(stub.heard.map(({ call }) => call)).toEqual([
      'GET /v1/pools?kind=gpu&limit=2',
      'GET /v1/pools?kind=gpu&limit=2&after=b',
    ]);
  });

  it('edits onto an ETag, and refuses to edit what came without one', async () => {
    stub.on('GET /v1/pools/a', json(200, { id: 'a' }, { etag: '"1"' }), json(200, { id: 'a' }));
    stub.on('PUT /v1/pools/a', broken, json(200, {}));
    const { edits } = client();
    expect(await edits.read('/v1/pools/a')).toEqual({ value: { id: 'a' }, etag: '"1"' });
    await expect(edits.read('/v1/pools/a')).rejects.toThrow('without an ETag');
    await expect(edits.put('/v1/pools/a', {}, { base: '"1"' })).rejects.toBeInstanceOf(UnreachableError);
  });

  it('asks what would become of it, and why it is so', async () => {
    stub.on('POST /v1/requests', json(200, { outcome: 'granted' }));
    stub.on('GET /v1/requests/req_1/explanation', json(200, { reasons: [] }));
    const body = { clientRequestId: 'a', options: [], terms: { class: 'c', durationSeconds: 1 } };
    expect(await client().dryRun(body)).toEqual({ outcome: 'granted' });
    expect(await client().explanation('req_1')).toEqual({ reasons: [] });
    expect(stub.heard[0]).toMatchObject({
      call: 'POST /v1/requests?dryRun=true',
      body: JSON.stringify(body),
    });
  });

  it('keeps an id inside its place in the address', async () => {
    stub.on('GET /v1/leases/a%2F..%2Fb%3Fc', json(200, { id: 'x' }));
    expect(await client().lease('a/../b?c')).toEqual({ id: 'x' });
  });

  it('hands on what a problem says beside its code', async () => {
    const errors = [{ pointer: '/a', code: 'range', message: 'too much' }];
    stub.on('GET /v1/pools/x', problem(422, 'NEVER_FITS', 'no', { errors, suggestion: { gpu: 4 } }));
    await expect(client().get('/v1/pools/x')).rejects.toMatchObject({
      code: 'NEVER_FITS',
      errors,
      suggestion: { gpu: 4 },
    });
  });
});
