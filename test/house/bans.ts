// What code may not say, where, and why. Called by test/house.test.ts.
// An exception is a named line in exemptions.ts with its reason, and goes when its cause goes.
import { type HouseFile, isProduct, isScript, layerOf, lineAt, type Tree } from './tree.ts';

type Ban = {
  name: string;
  pattern: RegExp;
  reason: string;
  /** Whether the ban holds for a file at this path. */
  where: (path: string) => boolean;
  /** Which mask is searched: code without strings and comments, unless the ban is about strings or prose. */
  mask?: 'code' | 'bare' | 'text';
};

export type Exemption = { file: string; ban: string; reason: string };

const decides = (path: string) =>
  ['solver', 'policies', 'scheduler'].includes(layerOf(path)) && isScript(path);
const source = (path: string) => isProduct(path) && isScript(path);
/** Time, ids, chance and the environment enter the product here, and are passed on from here. */
const isEdge = (path: string) =>
  path.startsWith('adapters/system/') || path === 'api/config.ts' || path === 'api/cli/annona.js';
const passedIn = (path: string) => source(path) && !isEdge(path);
const anyScript = isScript;
// The rules and their tests must name what they forbid.
const outsideRules = (path: string) => !path.startsWith('test/house/');

const PASSED_IN =
  'passed in by adapters/system or api/config.ts, else a simulation or a replay cannot decide it';
const SAME_EVERYWHERE = 'not the same on every engine and machine; a replay must give the same digest';

export const BANS: readonly Ban[] = [
  { name: 'Date.now', pattern: /\bDate\.now\b/g, reason: `time is ${PASSED_IN}`, where: passedIn },
  {
    name: 'new Date()',
    pattern: /\bnew Date\b(?!\s*\(\s*[^\s)])|(?<!\bnew\s+)\bDate\(/g,
    reason: `time is ${PASSED_IN} (new Date(ms), of a given time, is fine)`,
    where: passedIn,
  },
  {
    name: 'performance.now',
    pattern: /\bperformance\.now\b|\bprocess\.hrtime\b/g,
    reason: `time is ${PASSED_IN}`,
    where: passedIn,
  },
  { name: 'Math.random', pattern: /\bMath\.random\b/g, reason: `chance is ${PASSED_IN}`, where: passedIn },
  {
    name: 'random bytes',
    pattern: /\b(?:randomUUID|randomBytes|randomInt|getRandomValues)\b/g,
    reason: `ids and chance are ${PASSED_IN}`,
    where: (path) => passedIn(path) && layerOf(path) !== 'adapters',
  },
  { name: 'process.env', pattern: /\bprocess\.env\b/g, reason: `settings are ${PASSED_IN}`, where: passedIn },
  {
    name: 'timers',
    pattern: /\b(?:setTimeout|setInterval|setImmediate)\s*\(/g,
    reason:
      'the deciding path waits for nothing by the clock; what must wait gets a port, or stands in node.ts',
    where: (path) => decides(path) && !path.endsWith('/node.ts'),
  },
  {
    name: 'inexact Math',
    pattern:
      /\bMath\.(?:exp|expm1|pow|log|log2|log10|log1p|sinh?|cosh?|tanh?|asin|acos|atan2?|cbrt|hypot)\b/g,
    reason: `${SAME_EVERYWHERE}: use an integer table`,
    where: decides,
  },
  {
    name: 'power of a variable',
    pattern: /\*\*(?!=?\s*\d+\b)|(?<![\d_])\s\*\*/g,
    reason: `${SAME_EVERYWHERE}: powers of two numbers written out are fine`,
    where: decides,
  },
  {
    name: 'locale',
    pattern: /\.localeCompare\b|\bIntl\.|\.toLocale\w+\b/g,
    reason: `${SAME_EVERYWHERE}: compare by code units`,
    where: decides,
  },
  {
    name: 'any',
    pattern: /(?:[:<,|&=]|\bas|=>)\s*any\b(?!\s*[(:.])/g,
    reason: 'say the type, or `unknown` and look',
    where: anyScript,
  },
  {
    name: 'silenced compiler',
    pattern: /@ts-(?:ignore|nocheck|expect-error)/g,
    reason: 'a type error is a finding',
    where: (path) => anyScript(path) && outsideRules(path),
    mask: 'text',
  },
  {
    name: 'SQL in a string',
    pattern:
      /['"`]\s*(?:SELECT\s|INSERT INTO\s|UPDATE\s+\w+\s+SET\s|DELETE FROM\s|WITH\s+\w+\s+AS\s|(?:CREATE|ALTER|DROP) (?:TABLE|INDEX|TYPE)\s)/g,
    reason: 'SQL lives in .sql files: migrations and named queries',
    where: source,
    mask: 'bare',
  },
  {
    name: 'unfinished',
    pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/g,
    reason: 'finish it, or write it down where work is planned',
    where: outsideRules,
    mask: 'text',
  },
  {
    name: 'skipped or lone test',
    pattern: /\b(?:it|test|describe|suite|bench)(?:\.\w+)*\.(?:skip|only|todo|fails)\b|\bx(?:it|describe)\(/g,
    reason: 'a test runs or is deleted; absent data is a named skipIf',
    where: (path) => path.startsWith('test/') && anyScript(path),
  },
  {
    name: 'a place on one machine',
    pattern:
      /(?<![\w.\-/}])\/(?:work|root)\/|\bregistry\.(?:npmjs|yarnpkg)\b|\b(?:artifactory|jfrog|codeartifact|verdaccio)\b/gi,
    reason: 'the project runs anywhere: say it relative, or by a setting',
    where: outsideRules,
    mask: 'text',
  },
  {
    name: 'vague name',
    pattern: /\b(?:class|interface|type|function|const)\s+\w*(?:Manager|Helpers?|Utils?)\b/g,
    reason: 'say what it does: see the vocabulary',
    where: anyScript,
  },
];

type Breach = { file: string; line: number; ban: Ban; said: string };

function breachesIn(file: HouseFile): Breach[] {
  return BANS.filter((ban) => ban.where(file.path)).flatMap((ban) => {
    const text = file[ban.mask ?? 'code'];
    return [...text.matchAll(ban.pattern)].map((match) => ({
      file: file.path,
      line: lineAt(text, match.index),
      ban,
      said: match[0].trim(),
    }));
  });
}

/** One line a breach, and one for each exemption that exempts nothing any more. */
export function banBreaches(tree: Tree, exemptions: readonly Exemption[]): string[] {
  const all = [...tree.values()].flatMap(breachesIn);
  const covers = (exemption: Exemption, breach: Breach) =>
    exemption.file === breach.file && exemption.ban === breach.ban.name;
  const open = all.filter((breach) => !exemptions.some((exemption) => covers(exemption, breach)));
  const stale = exemptions.filter((exemption) => !all.some((breach) => covers(exemption, breach)));
  return [
    ...open.map(({ file, line, ban, said }) => `${file}:${line} says "${said}" (${ban.name}): ${ban.reason}`),
    ...stale.map(
      ({ file, ban }) => `test/house/exemptions.ts: ${file} needs no exemption from "${ban}" any more`,
    ),
  ];
}
