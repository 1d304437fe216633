// /docs: the contract as a page to read and try. The page is ours, its script and style are those of Swagger UI.
// Invariant: nothing is loaded from elsewhere, and every address is relative, so that it works offline and behind a path.
// The plugin of the package is not used: it addresses its files absolutely, and adds routes that no permission table knows.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { notFound } from '../access.ts';
import { IdParams } from '../schemas/fields.ts';
import { typed } from '../typed.ts';

const CONFIG = { action: 'public' } as const;

const STYLES = 'swagger-ui.css';
const BUNDLE = 'swagger-ui-bundle.js';
const START = 'start.js';

const TYPES: Readonly<Record<string, string>> = {
  [STYLES]: 'text/css; charset=utf-8',
  [BUNDLE]: 'text/javascript; charset=utf-8',
  [START]: 'text/javascript; charset=utf-8',
};

/** Relative to /docs, which has no slash at its end. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Annona</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/${STYLES}">
</head>
<body>
<div id="explorer"></div>
<script src="docs/${BUNDLE}"></script>
<script src="docs/${START}"></script>
</body>
</html>
`;

const SCRIPT = `window.ui = SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#explorer',
  deepLinking: true,
  docExpansion: 'none',
  validatorUrl: null,
});
`;

/** Its own files and its own service; Swagger UI sets styles on elements, and draws icons from data addresses. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function addExplorer(server: FastifyInstance): void {
  const app = typed(server);
  app.get('/docs', { config: CONFIG }, (_request, reply) =>
    reply
      .headers({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY })
      .send(PAGE),
  );
  app.get('/docs/:id', { config: CONFIG, schema: { params: IdParams } }, async (request, reply) => {
    const { id } = request.params;
    const type = Object.hasOwn(TYPES, id) ? TYPES[id] : undefined;
    if (type === undefined) throw notFound('file');
    return reply.header('content-type', type).send(id === START ? SCRIPT : await readAsset(id));
  });
}

async function readAsset(name: string): Promise<Buffer> {
  return readFile(fileURLToPath(import.meta.resolve(`@fastify/swagger-ui/static/${name}`)));
}
