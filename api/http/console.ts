// / and /console: the console, a page of files that api/cli/buildConsole.ts wrote. The page holds no data: it asks the API like any client.
// Invariant: every address is relative, so that it works behind a path; nothing is loaded from elsewhere; a name that is no file
// of the built folder is 404. Called by server.ts.

import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliDecompress, gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { notFound } from './access.ts';
import type { ServerOptions, SignInAt } from './options.ts';
import { IdParams } from './schemas/fields.ts';
import { typed } from './typed.ts';

const CONFIG = { action: 'public' } as const;
/** Beside this module's folder, in a checkout and in the published form alike. */
const BUILT = new URL('../console/dist/', import.meta.url);
const NAME = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.(css|js|wasm)$/;

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  wasm: 'application/wasm',
};

/**
 * Its own files, its own server, and where people sign in. `wasm-unsafe-eval` lets it compile the WebAssembly of policies, and no script.
 */
export function consolePolicy(signIn?: SignInAt): string {
  const issuer = signIn === undefined ? '' : ` ${new URL(signIn.issuer).origin}`;
  return `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'${issuer}; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

/** What the page must know before anybody is signed in; data/signInAt.ts of the console reads it. */
function withSignIn(page: Buffer, signIn: SignInAt): string {
  const content = JSON.stringify(signIn)
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;');
  return page
    .toString('utf8')
    .replace('</head>', () => `<meta name="annona-sign-in" content="${content}"></head>`);
}

/**
 * Threads of the page go by the policy of their own file. The schema of tick files is compiled to a function, which needs `unsafe-eval`
 * there; a thread sees no page, no token and no other server.
 */
const THREAD_POLICY = "default-src 'none'; script-src 'self' 'unsafe-eval'; connect-src 'self'";

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Annona</title>
<p>The console is not built here. Run <code>node api/cli/buildConsole.ts</code> in the checkout, or start with <code>npm start</code>.</p>
<p>The API is served all the same: <a href="docs">docs</a>.</p>
</html>
`;

export function addConsole(server: FastifyInstance, { signIn }: Pick<ServerOptions, 'signIn'>): void {
  const app = typed(server);
  const files = createFiles();
  app.get('/', { config: CONFIG }, async (_request, reply) => {
    const page = await files.read('index.html');
    return reply
      .headers({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': consolePolicy(signIn),
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-cache',
      })
      .send(page === null ? NOT_BUILT : signIn === undefined ? page : withSignIn(page, signIn));
  });
  app.get('/console/:id', { config: CONFIG, schema: { params: IdParams } }, async (request, reply) => {
    const { id } = request.params;
    const type = TYPES[NAME.exec(id)?.[1] ?? ''];
    if (type === undefined) throw notFound('file');
    const accepts = String(request.headers['accept-encoding'] ?? '');
    const found = await (id.endsWith('.wasm') ? files.packed(id, accepts) : files.zipped(id, accepts));
    if (found === null) throw notFound('file');
    // Names of built files carry a digest of what is in them.
    reply.headers({
      'content-type': type,
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'content-security-policy': THREAD_POLICY,
      vary: 'accept-encoding',
      ...(found.encoding === null ? {} : { 'content-encoding': found.encoding }),
    });
    return reply.send(found.content);
  });
}

interface Served {
  readonly content: Buffer;
  readonly encoding: 'br' | 'gzip' | null;
}

const zip = promisify(gzip);
const unpack = promisify(brotliDecompress);

function createFiles() {
  /** Each file is zipped once; all of them together are below a megabyte. */
  const zippedOnce = new Map<string, Promise<Buffer | null>>();
  const read = (name: string): Promise<Buffer | null> =>
    readFile(new URL(name, BUILT)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
  return {
    read,
    async zipped(name: string, accepts: string): Promise<Served | null> {
      if (!accepts.includes('gzip')) return served(await read(`console/${name}`), null);
      const known =
        zippedOnce.get(name) ??
        read(`console/${name}`).then((content) => (content === null ? null : zip(content)));
      zippedOnce.set(name, known);
      const content = await known;
      // A later build may bring it.
      if (content === null) zippedOnce.delete(name);
      return served(content, 'gzip');
    },
    /** The compiler stands packed on the disk; browsers take it so over TLS alone. */
    async packed(name: string, accepts: string): Promise<Served | null> {
      const content = await read(`console/${name}.br`);
      if (content === null || /\bbr\b/.test(accepts)) return served(content, 'br');
      return served(await unpack(content), null);
    },
  };
}

function served(content: Buffer | null, encoding: Served['encoding']): Served | null {
  return content === null ? null : { content, encoding };
}
