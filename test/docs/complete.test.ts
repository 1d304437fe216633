// The reference pages leave nothing out: commands and options, settings, metrics, routes, reason codes and policy rules.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { COUNTERS, GAUGES, HISTOGRAMS } from '../../adapters/telemetry/names.ts';
import { run } from '../../api/cli/main.ts';
import { ConfigError, readConfig } from '../../api/config.ts';
import type { PolicyRule } from '../../policies/index.ts';
import { REASON_GUIDE } from '../../scheduler/index.ts';
import { anEdge } from '../api/http/support.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const missing = (page: string, wanted: readonly string[]) => {
  const text = read(page);
  expect(wanted.length).toBeGreaterThan(3);
  return wanted.filter((part) => !text.includes(part));
};

async function help(...argv: string[]): Promise<string> {
  const lines: string[] = [];
  await run(argv, { out: (line) => void lines.push(line), err: () => {}, progress: () => {} });
  return lines.join('\n');
}

it('docs/cli.md describes every command with every option', async () => {
  const page = read('docs/cli.md');
  const listed = (await help('--help')).split('Commands:')[1] ?? '';
  const commands = [...listed.matchAll(/^ {2}([a-z-]+)/gm)]
    .map(([, name]) => name ?? '')
    .filter((name) => name !== 'help');
  expect(commands.length).toBeGreaterThan(3);
  for (const command of commands) {
    const section = page.split(`\n## annona ${command}\n`)[1]?.split('\n## ')[0] ?? '';
    const options = [...(await help('help', command)).matchAll(/^ {2}(--[a-z-]+)/gm)].map(
      ([, name]) => name ?? '',
    );
    expect({ command, missing: options.filter((option) => !section.includes(`| \`${option}`)) }).toEqual({
      command,
      missing: [],
    });
  }
});

it('docs/operations.md lists every setting', () => {
  let message = '';
  try {
    readConfig({}, { ANNONA_NO_SUCH_SETTING: '1' });
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    message = String(error);
  }
  const settings = (/\(allowed: (.*)\)/.exec(message)?.[1] ?? '').split(', ');
  expect(
    missing(
      'docs/operations.md',
      [...settings, 'DATABASE_URL', 'KAFKA_BROKERS'].map((key) => `| \`${key}\` |`),
    ),
  ).toEqual([]);
});

it('docs/operations.md lists every metric of ours', () => {
  const metrics = [HISTOGRAMS, COUNTERS, GAUGES].flatMap((group) =>
    Object.values(group).map(({ name }) => name),
  );
  expect(
    missing(
      'docs/operations.md',
      metrics.map((name) => `\`${name}\``),
    ),
  ).toEqual([]);
});

it('docs/http-api.md lists every route', async () => {
  const edge = await anEdge();
  // The public ones are registered before the edge begins to note routes.
  const { paths } = JSON.parse(read('docs/openapi.json')) as { paths: Record<string, object> };
  const publicRoutes = Object.keys(paths)
    .filter((path) => !path.startsWith('/v1/'))
    .map((path) => `GET ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`);
  expect(publicRoutes).toContain('GET /livez');
  const noted = edge.routes.map(({ method, url }) => `${String(method)} ${url}`);
  const routes = [...noted, ...publicRoutes].map((route) => `| \`${route}\` |`);
  expect(missing('docs/http-api.md', routes)).toEqual([]);
});

it('docs/http-api.md lists every reason code', () => {
  expect(
    missing(
      'docs/http-api.md',
      Object.keys(REASON_GUIDE).map((code) => `\`${code}\``),
    ),
  ).toEqual([]);
});

it('docs/policies.md has the table of the manifest', () => {
  const { rules } = JSON.parse(read('policies/rego/default.manifest.json')) as { rules: PolicyRule[] };
  const wantRows = rules.map(({ code, policy, mode, obligation, title, remedy }) => {
    const acts = obligation === undefined ? mode : 'obligation';
    return `| \`${code}\` | ${policy} | ${acts} | ${title} | ${remedy} |`;
  });
  const rows = read('docs/policies.md').match(/^\| `[A-Z_]+` \|.*$/gm);
  expect(rows).toEqual(wantRows);
});
