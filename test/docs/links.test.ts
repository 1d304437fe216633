// What the pages point at is there: files and headings of relative links, and the npm scripts and commands that they name.
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../api/cli/main.ts';
import { readTree } from '../house/tree.ts';

const ROOT = join(import.meta.dirname, '../..');
const TREE = readTree(ROOT);
const PAGES = [...TREE.keys()].filter((path) => path.endsWith('.md'));

const textOf = (path: string) => TREE.get(path)?.text ?? '';
/** Code shows what others print: a link in it is none. */
const proseOf = (path: string) => textOf(path).replace(/^```[\s\S]*?^```/gm, '');

/** As the usual viewers make anchors of headings. */
function anchorsOf(path: string): Set<string> {
  const headings = [...proseOf(path).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading]) => heading ?? '');
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function brokenLinks(page: string): string[] {
  const targets = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '');
  return targets.filter((target) => {
    if (/^[a-z]+:/i.test(target)) return false;
    const [path = '', anchor] = target.split('#', 2);
    const file = path === '' ? page : posix.join(posix.dirname(page), path);
    if (!existsSync(join(ROOT, file))) return true;
    return anchor !== undefined && !anchorsOf(file).has(anchor);
  });
}

async function commandNames(): Promise<Set<string>> {
  const lines: string[] = [];
  await run(['--help'], { out: (line) => void lines.push(line), err: () => {}, progress: () => {} });
  const listed = lines.join('\n').split('Commands:')[1] ?? '';
  return new Set([...listed.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name ?? ''));
}

it('there are pages to check', () => {
  expect(PAGES).toEqual(expect.arrayContaining(['README.md', 'docs/README.md', 'docs/cli.md']));
});

describe.each(PAGES)('%s', (page) => {
  it('links to what is there', () => {
    expect(brokenLinks(page)).toEqual([]);
  });

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(textOf('package.json'));
    const named = [...textOf(page).matchAll(/npm run ([a-z][\w:-]*)/g)].map(([, script]) => script ?? '');
    expect(named.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
  });

  it('shows commands that exist', async () => {
    const known = await commandNames();
    const named = [...textOf(page).matchAll(/npx annona ([a-z][a-z-]*)/g)].map(
      ([, command]) => command ?? '',
    );
    expect(named.filter((command) => !known.has(command))).toEqual([]);
  });
});

it('every page of docs stands in its index', () => {
  const index = textOf('docs/README.md');
  const pages = PAGES.filter((path) => /^docs\/[^/]+\.md$/.test(path) && path !== 'docs/README.md');
  expect(pages.filter((path) => !index.includes(`](${posix.relative('docs', path)})`))).toEqual([]);
});
