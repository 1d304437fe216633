// A POST to an address that somebody else chose: https alone, no redirects, resolved once and connected to what was checked.
// Invariant: no connection is opened to an address that was not judged in the same breath; nothing waits longer than DEADLINE_MS or reads more
// than ANSWER_BYTES_MAX. Called by the webhooks' delivery.

import { lookup as systemLookup } from 'node:dns/promises';
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { WebhookPost, WebhookPosted } from '../../api/ports.ts';
import { isLoopbackAddress, isPublicAddress } from './addresses.ts';

const DEADLINE_MS = 3000;
const ANSWER_BYTES_MAX = 64 * 1024;

export interface GuardedPostOptions {
  /** http to loopback, for development: nothing else becomes reachable by it. */
  readonly allowLoopback: boolean;
  /** Every address of a name. The system's resolver when absent. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/** What is wrong with a URL by itself; null: nothing. A name may still resolve to what is forbidden. */
export function refusalOfUrl(
  text: string,
  { allowLoopback }: Pick<GuardedPostOptions, 'allowLoopback'>,
): string | null {
  if (!URL.canParse(text)) return 'it is no URL';
  const url = new URL(text);
  const host = hostOf(url);
  const isHere = host === 'localhost' || isLoopbackAddress(host);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && allowLoopback && isHere))
    return 'it must be https';
  if (url.username !== '' || url.password !== '') return 'it must not carry credentials';
  if (url.hash !== '') return 'it must not carry a fragment';
  if (isIP(host) !== 0 && !isAllowed(host, allowLoopback)) return 'its address is not public';
  return null;
}

export function createGuardedPost(options: GuardedPostOptions): WebhookPost {
  const resolve = options.resolve ?? resolveAll;
  return async ({ url: text, headers, body }): Promise<WebhookPosted> => {
    const refusal = refusalOfUrl(text, options);
    if (refusal !== null) return { ok: false, error: `refused: ${refusal}` };
    const url = new URL(text);
    const signal = AbortSignal.timeout(DEADLINE_MS);
    try {
      const address = await checkedAddress(url, { ...options, resolve, signal });
      if (address === null)
        return { ok: false, error: 'refused: its name resolves to an address that is not public' };
      return await post({ url, address, headers, body, signal });
    } catch (error) {
      const why = signal.aborted ? `no answer within ${DEADLINE_MS} ms` : (error as Error).message;
      return { ok: false, error: why };
    }
  };
}

/** One address of the host; null when any of them is forbidden: a name that leads inside too is not trusted with its other addresses. */
async function checkedAddress(
  url: URL,
  asked: {
    allowLoopback: boolean;
    resolve: (host: string) => Promise<readonly string[]>;
    signal: AbortSignal;
  },
): Promise<string | null> {
  const host = hostOf(url);
  const gone = new Promise<never>((_, reject) =>
    asked.signal.addEventListener('abort', () => reject(asked.signal.reason), { once: true }),
  );
  // It comes also when the name was resolved long before, and nobody waits for it any more.
  gone.catch(() => {});
  const addresses = isIP(host) === 0 ? await Promise.race([asked.resolve(host), gone]) : [host];
  const first = addresses[0];
  if (first === undefined) throw new Error('its name has no address');
  return addresses.every((address) => isAllowed(address, asked.allowLoopback)) ? first : null;
}

/** Loopback is reached by http alone and only where it is allowed; `refusalOfUrl` has seen to the protocol. */
function isAllowed(address: string, allowLoopback: boolean): boolean {
  return isPublicAddress(address) || (allowLoopback && isLoopbackAddress(address));
}

interface Posting {
  readonly url: URL;
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

function post({ url, address, headers, body, signal }: Posting): Promise<WebhookPosted> {
  const isHttps = url.protocol === 'https:';
  const options: RequestOptions & { servername?: string } = {
    method: 'POST',
    // The address that was judged; the name stays in the Host header and in the certificate's check.
    host: address,
    port: url.port === '' ? (isHttps ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, host: url.host, 'content-length': String(Buffer.byteLength(body)) },
    // A connection of its own: one from a pool may have been opened to what was judged at another time.
    agent: false,
    signal,
    ...(isHttps && isIP(hostOf(url)) === 0 ? { servername: hostOf(url) } : {}),
  };
  const { promise, resolve, reject } = Promise.withResolvers<WebhookPosted>();
  const sent = (isHttps ? httpsRequest : httpRequest)(options, (answer) => {
    const status = answer.statusCode ?? 0;
    let bytes = 0;
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      // Enough was said; what it is does not matter.
      if (bytes > ANSWER_BYTES_MAX) sent.destroy(new Error('its answer is larger than 64 KB'));
    });
    answer.on('error', reject);
    answer.on('end', () =>
      resolve(
        status >= 200 && status < 300 ? { ok: true, status } : { ok: false, error: `it answered ${status}` },
      ),
    );
  });
  sent.on('error', reject);
  sent.end(body);
  return promise;
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

async function resolveAll(host: string): Promise<readonly string[]> {
  return (await systemLookup(host, { all: true, verbatim: true })).map(({ address }) => address);
}
