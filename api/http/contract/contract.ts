// /openapi.json, /asyncapi.json, /llms.txt and /docs: what this server is, said by the server itself.
// Invariant: written from the routes that are registered, once, when first asked for; public, as it names nobody.
// Called by server.ts.

import type { FastifyInstance } from 'fastify';
import { packageVersion } from '../../version.ts';
import { asyncApiDocument } from './asyncapi.ts';
import { addExplorer } from './explorer.ts';
import { llmsText } from './llms.ts';
import { openApiDocument } from './openapi.ts';
import type { RouteList } from './routes.ts';

const CONFIG = { action: 'public' } as const;

export function addContract(app: FastifyInstance, routes: RouteList): void {
  const texts = contractTexts(routes);
  const serve = (path: string, type: string, text: () => string) =>
    app.get(path, { config: CONFIG }, (_request, reply) => reply.header('content-type', type).send(text()));
  serve('/openapi.json', 'application/json; charset=utf-8', texts.openApi);
  serve('/asyncapi.json', 'application/json; charset=utf-8', texts.asyncApi);
  serve('/llms.txt', 'text/plain; charset=utf-8', texts.llms);
  addExplorer(app);
}

/** Each is written once, as its file in docs/ is. */
function contractTexts(routes: RouteList) {
  const version = packageVersion();
  return {
    openApi: once(() => jsonText(openApiDocument({ routes: routes(), version }))),
    asyncApi: once(() => jsonText(asyncApiDocument({ version }))),
    llms: once(() => llmsText({ routes: routes() })),
  };
}

function jsonText(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

function once(make: () => string): () => string {
  let made: string | null = null;
  return () => {
    made ??= make();
    return made;
  };
}
