// `npm run contract`: writes docs/openapi.json, docs/asyncapi.json and docs/llms.txt, as this version of the server serves them, and
// docs/scenario.schema.json, as annona simulate checks scenarios.
// With `release` it also makes the OpenAPI document the one that later versions are compared with (docs/released/openapi.json).
// Invariant: the files are the served bytes; test/api/http/contract and test/api/cli/simulate compare.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { ScenarioFile } from '../api/cli/simulate/scenarioSchema.ts';
import { buildServer, type ServerOptions } from '../api/http/server.ts';

const ROOT = join(import.meta.dirname, '..');
const FILES = ['openapi.json', 'asyncapi.json', 'llms.txt'];

/** Registering routes asks nothing of the ports: each is there, and none does anything. */
const idle: unknown = new Proxy(() => idle, {
  get: (_target, name) => (name === 'then' ? undefined : idle),
});
const given: Readonly<Record<string, unknown>> = {
  metrics: new Registry(),
  system: { newCallId: () => 'call' },
  hub: { start: async () => {}, stop: () => {} },
  logger: undefined,
  // What processes of a cell ask of each other is no part of the contract.
  inner: undefined,
};
const options = new Proxy(given, {
  get: (target, name) => (Object.hasOwn(target, name) ? target[String(name)] : idle),
}) as unknown as ServerOptions;

const app = buildServer(options);
for (const file of FILES) {
  const { statusCode, body } = await app.inject({ method: 'GET', url: `/${file}` });
  if (statusCode !== 200) throw new Error(`/${file} answered ${statusCode}: ${body}`);
  writeFileSync(join(ROOT, 'docs', file), body);
  if (file === 'openapi.json' && process.argv[2] === 'release') {
    mkdirSync(join(ROOT, 'docs/released'), { recursive: true });
    writeFileSync(join(ROOT, 'docs/released', file), body);
  }
}
await app.close();
writeFileSync(join(ROOT, 'docs/scenario.schema.json'), `${JSON.stringify(ScenarioFile, null, 2)}\n`);
console.log(`docs: ${[...FILES, 'scenario.schema.json'].join(', ')}`);
