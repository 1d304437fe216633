// What may be installed beside the product, by licence. Apache-2.0 code may stand on these; on the GPL it may not,
// so glpk.js and what only it brings are optional, and an installation without optional packages is free of it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Entry, Lock } from '../../deploy/lockfile.mjs';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));

const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Zlib',
];
// Of tools that are not shipped, so allowed among development packages: file-level copyleft (lightningcss, under vite), and
// the permissive licence of Python itself (argparse, under the linter of the contract).
const ALLOWED_TOOLS = [...ALLOWED, 'MPL-2.0', 'PSF-2.0'];
const OPTIONAL_EXCEPTIONS: Record<string, string> = { 'glpk.js': 'GPL-3.0' };

/** `A OR B` needs one of them allowed, `A AND B` both. */
function allows(list: readonly string[], licence: string): boolean {
  const terms = licence.replace(/^\(|\)$/g, '');
  if (terms.includes(' OR ')) return terms.split(' OR ').some((term) => list.includes(term));
  return terms.split(' AND ').every((term) => list.includes(term));
}

/** The offending packages, as `name: licence`. */
function unlicensed(packages: Record<string, Entry>): string[] {
  return Object.entries(packages).flatMap(([key, entry]) => {
    if (key === '') return [];
    const name = key.slice(key.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const licence = entry.license ?? 'none stated';
    if (entry.optional && OPTIONAL_EXCEPTIONS[name] === licence) return [];
    return allows(entry.dev ? ALLOWED_TOOLS : ALLOWED, licence) ? [] : [`${name}: ${licence}`];
  });
}

describe('the licences of what is installed', () => {
  const { packages } = read('package-lock.json') as Lock;

  it('are all on the allow list', () => {
    expect(unlicensed(packages)).toEqual([]);
  });

  it('are the ones that the installed packages state themselves', () => {
    const installed = Object.entries(packages).filter(
      ([key]) => key !== '' && existsSync(join(ROOT, key, 'package.json')),
    );
    expect(installed.length).toBeGreaterThan(100);
    const differing = installed.flatMap(([key, entry]) => {
      const stated = read(`${key}/package.json`).license ?? 'none stated';
      return stated === entry.license ? [] : [`${key}: ${stated}, the lockfile says ${entry.license}`];
    });
    expect(differing).toEqual([]);
  });

  it('let a GPL package in as optional only, and by name', () => {
    expect(unlicensed({ 'node_modules/glpk.js': { license: 'GPL-3.0', optional: true } })).toEqual([]);
    expect(unlicensed({ 'node_modules/glpk.js': { license: 'GPL-3.0' } })).toEqual(['glpk.js: GPL-3.0']);
    expect(unlicensed({ 'node_modules/x': { license: 'GPL-3.0', optional: true } })).toEqual(['x: GPL-3.0']);
  });

  it('refuse a package that states none, and half of a conjunction', () => {
    expect(unlicensed({ 'node_modules/x': {} })).toEqual(['x: none stated']);
    expect(unlicensed({ 'node_modules/x': { license: '(MIT AND GPL-2.0)' } })).toEqual([
      'x: (MIT AND GPL-2.0)',
    ]);
    expect(unlicensed({ 'node_modules/x': { license: '(MIT OR GPL-2.0)' } })).toEqual([]);
  });
});
