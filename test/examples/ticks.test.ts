// The tick files that people are shown: each is decided as examples/README.md says, and its page shows what the command prints.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../api/cli/main.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'examples/ticks');
const PAGE = readFileSync(join(ROOT, 'examples/README.md'), 'utf8');

/** Request to the units it gets, or to the codes that keep it waiting. */
const WANT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'contended.json': {
    'train-large': 'QUOTA_EXHAUSTED COHORT_EXHAUSTED POOL_FULL',
    'train-small': '4 a100',
    'read-corpus': '2 h100, 1 corpus',
    'index-corpus': 'COHORT_EXHAUSTED POOL_FULL POOL_FULL',
    'clean-corpus': '1 corpus',
    demo: '2 h100',
    compare: '4 a100',
    sweep: 'BUDGET_EXHAUSTED COHORT_EXHAUSTED POOL_FULL',
    replies: '4 h100',
    summaries: 'QUOTA_EXHAUSTED COHORT_EXHAUSTED POOL_FULL',
  },
  'lending.json': {
    'one-more': 'QUOTA_EXHAUSTED COHORT_EXHAUSTED POOL_FULL',
    answers: 'COHORT_EXHAUSTED POOL_FULL',
    'release-test': '2 a100',
    'second-test': 'COHORT_EXHAUSTED POOL_FULL',
  },
  'budget.json': {
    'offer-texts': 'BUDGET_EXHAUSTED',
    'offer-images': '3 a100',
    'offer-films': '2 a100',
    nightly: '2 a100',
    year: 'BUDGET_EXHAUSTED',
  },
};

interface Shown {
  readonly request: string;
  readonly allocations: readonly { readonly quantity: number; readonly pool: string }[];
  readonly reasons: readonly { readonly code: string }[];
}

async function annona(...argv: string[]): Promise<string> {
  const lines: string[] = [];
  const problems: string[] = [];
  const exitCode = await run(argv, {
    out: (line) => void lines.push(line),
    err: (line) => void problems.push(line),
    progress: () => {},
  });
  expect({ exitCode, problems }).toEqual({ exitCode: 0, problems: [] });
  return lines.join('\n');
}

it('every tick file has its wanted outcomes here', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(WANT).sort());
});

describe.each(Object.entries(WANT))('%s', (name, wantOutcomes) => {
  it('is decided as wanted', async () => {
    const answer = JSON.parse(await annona('tick', join(FOLDER, name), '--json'));
    const outcomes = (answer.decisions as Shown[]).map(({ request, allocations, reasons }) => [
      request,
      allocations.map(({ quantity, pool }) => `${quantity} ${pool}`).join(', ') ||
        reasons.map(({ code }) => code).join(' '),
    ]);
    expect(Object.fromEntries(outcomes)).toEqual(wantOutcomes);
  });

  it('stands on the page as the command prints it', async () => {
    const printed = await annona('tick', join(FOLDER, name));
    expect(PAGE).toContain(`$ npx annona tick examples/ticks/${name}\n${printed}\n`);
  });
});

it('the certificate in the README is the one that the command prints', async () => {
  const printed = await annona('tick', join(FOLDER, 'contended.json'));
  const wantTable = printed.slice(printed.indexOf('class   value'), printed.indexOf('\n\ncode '));
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain(`\`\`\`\n${wantTable}\n\`\`\``);
});
