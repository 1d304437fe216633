// Where a webhook is never sent: over three hundred ways to write an address that is not public, and names that change what they resolve to.
// Watched by listeners on every port that the URLs name, and by the resolver: not the answer counts, but that nobody was called.

import { once } from 'node:events';
import { createServer as createHttp, type Server } from 'node:http';
import { createServer, type Server as TcpServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isLoopbackAddress, isPublicAddress } from '../../../adapters/notify/addresses.ts';
import { createGuardedPost, refusalOfUrl } from '../../../adapters/notify/guardedPost.ts';

let watched: TcpServer;
let connections = 0;
let port = 0;
beforeAll(async () => {
  watched = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  // Every address of this machine, IPv4 and IPv6.
  watched.listen(0, '::');
  await once(watched, 'listening');
  port = (watched.address() as { port: number }).port;
});
afterAll(() => watched.close());

const V4 = [
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.100.100.200',
  '169.254.169.254',
  '169.254.170.2',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '192.0.0.192',
  '192.0.2.7',
  '198.18.0.1',
  '198.51.100.7',
  '203.0.113.7',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '168.63.129.16',
];

const bytesOf = (address: string) => address.split('.').map(Number);
const hex = (value: number, width: number) => value.toString(16).padStart(width, '0');

/** The ways that a URL can say an IPv4 address. */
function formsOf(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = bytesOf(address);
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  const low = `${hex(a * 256 + b, 4)}:${hex(c * 256 + d, 4)}`;
  return [
    address,
    `${address}.`,
    String(whole),
    `0x${whole.toString(16)}`,
    `0${whole.toString(8)}`,
    [a, b, c, d].map((byte) => `0x${byte.toString(16)}`).join('.'),
    [a, b, c, d].map((byte) => `0${byte.toString(8)}`).join('.'),
    `${a}.${(b * 256 + c) * 256 + d}`,
    `${a}.${b}.${c * 256 + d}`,
    `[::ffff:${address}]`,
    `[::ffff:${low}]`,
    `[::${address}]`,
    `[64:ff9b::${address}]`,
    `[64:ff9b:1::${low}]`,
    `[2002:${low}::1]`,
    [...address].map((char) => (char === '.' ? '。' : char)).join(''),
  ];
}

const V6 = ['::', '::1', 'fe80::1', 'febf::1', 'fec0::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '100::1'];
const MORE_V6 = ['2001::1', '2001:db8::1', '2001:10::1', '3fff::1', '4000::1', '5f00::1', '0:0:0:0:0:0:0:1'];

const hosts = [...V4.flatMap(formsOf), ...[...V6, ...MORE_V6].map((address) => `[${address}]`)];

/** Names that lead inside, as a resolver would tell them. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1', '::1'],
  'metadata.google.internal': ['169.254.169.254'],
  '127.0.0.1.nip.example': ['127.0.0.1'],
  'inside.example': ['10.1.2.3'],
  'mapped.example': ['::ffff:127.0.0.1'],
  'one-of-two.example': ['93.184.215.14', '127.0.0.1'],
  'zone.example': ['fe80::1%lo'],
  'no-address.example': ['not-an-address'],
};

describe('a webhook', () => {
  it('is never sent to what is not public, however it is written', async () => {
    const resolve = async (host: string) => NAMES[host] ?? ['127.0.0.1'];
    const urls = [...hosts, ...Object.keys(NAMES)].map((host) => `https://${host}:${port}/hook`);
    expect(urls.length).toBeGreaterThan(300);
    const post = createGuardedPost({ allowLoopback: false, resolve });
    const outcomes = await Promise.all(
      urls.map(async (url) => ({ url, posted: await post({ url, headers: {}, body: '{}' }) })),
    );
    const reached = outcomes.filter(({ posted }) => posted.ok || !posted.error.startsWith('refused: '));
    expect(reached.map(({ url }) => url)).toEqual([]);
    expect(connections).toBe(0);
  });

  it('reaches loopback and nothing more where development allows it', async () => {
    const post = createGuardedPost({ allowLoopback: true, resolve: async () => ['127.0.0.1'] });
    const inside = [
      ...V4.filter((address) => !address.startsWith('127.')).flatMap(formsOf),
      '[fe80::1]',
      '[fd00::1]',
    ];
    for (const host of inside) {
      const posted = await post({ url: `https://${host}:${port}/hook`, headers: {}, body: '{}' });
      expect([host, posted.ok || posted.error.slice(0, 7)]).toEqual([host, 'refused']);
    }
    expect(connections).toBe(0);
    await post({ url: `https://localhost:${port}/hook`, headers: {}, body: '{}' });
    expect(connections).toBe(1);
  });

  it.each([
    ['http', `http://93.184.215.14/hook`],
    ['no protocol', '93.184.215.14'],
    ['a file', 'file:///etc/passwd'],
    ['gopher', 'gopher://93.184.215.14/'],
    ['credentials', 'https://user:word@93.184.215.14/'],
    ['a fragment', 'https://93.184.215.14/#x'],
  ])('is refused with %s', (_, url) => {
    expect(refusalOfUrl(url, { allowLoopback: true })).not.toBeNull();
  });

  it('is resolved once and goes to what was judged, though the name means another address a moment later', async () => {
    const before = connections;
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return asked === 1 ? ['127.0.0.1'] : ['169.254.169.254'];
    };
    const post = createGuardedPost({ allowLoopback: true, resolve });
    const send = () => post({ url: `https://rebinding.example:${port}/hook`, headers: {}, body: '{}' });
    // The listener hangs up on TLS: that it was called is what counts, and that nobody asked the resolver again.
    expect((await send()).ok).toBe(false);
    expect([asked, connections - before]).toEqual([1, 1]);
    expect(await send()).toMatchObject({ error: expect.stringMatching(/^refused/) });
    expect([asked, connections - before]).toEqual([2, 1]);
  });

  it('knows public addresses as such', () => {
    const open = ['93.184.215.14', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'];
    expect(open.filter((address) => !isPublicAddress(address))).toEqual([]);
    expect(['', 'localhost', '1.2.3', '::1%lo'].filter(isPublicAddress)).toEqual([]);
    expect(['127.8.9.1', '::1'].every(isLoopbackAddress)).toBe(true);
  });
});

describe('an answer to a webhook', () => {
  let server: Server;
  let url = '';
  let calls: string[] = [];
  beforeAll(async () => {
    server = createHttp((request, response) => {
      calls.push(`${request.method} ${request.url}`);
      if (request.url === '/moved') response.writeHead(302, { location: '/taken' }).end();
      else if (request.url === '/large') response.writeHead(200).end('x'.repeat(65 * 1024));
      else if (request.url === '/taken') response.writeHead(204).end();
      // And the last one never answers.
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each([
    ['/taken', { ok: true, status: 204 }],
    ['/moved', { ok: false, error: 'it answered 302' }],
    ['/large', { ok: false, error: 'its answer is larger than 64 KB' }],
    ['/silent', { ok: false, error: 'no answer within 3000 ms' }],
  ])('at %s is %o, and no redirect is followed', async (path, want) => {
    calls = [];
    const post = createGuardedPost({ allowLoopback: true });
    expect(await post({ url: `${url}${path}`, headers: {}, body: '{}' })).toEqual(want);
    expect(calls).toEqual([`POST ${path}`]);
  });
});
