// The report: one page without anything from elsewhere, with every scheduler, safe against names, the same bytes for the same results.
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../adapters/system/digest.ts';
import { runScheduler, type SchedulerName } from '../../../simulations/compare.ts';
import { comparisonOf, spreadOf } from '../../../simulations/report/comparison.ts';
import { renderReport } from '../../../simulations/report/page.ts';
import { spanText, ticksOf } from '../../../simulations/report/svg.ts';
import { shaken } from '../../../simulations/shake.ts';
import { createInProcessSolver } from '../../../solver/node.ts';
import { jobsOf } from '../jobs.ts';

async function report(trace = 'log.swf', schedulers: readonly SchedulerName[] = ['fcfs', 'easy']) {
  const jobs = jobsOf(
    ...Array.from({ length: 40 }, (_, i) => ({
      at: i * 60,
      run: 600,
      units: (i % 4) + 1,
      department: `d${i % 9}`,
    })),
  );
  const capacity = { pools: [{ id: 'cpu', kind: 'cpu', capacity: 8, priceMinor: 100 }] };
  const results = [];
  for (const scheduler of schedulers)
    for (const seed of [1, 2])
      results.push(
        await runScheduler({
          scheduler,
          jobsOf: (one) => shaken(jobs, one),
          capacity,
          quotas: [],
          budgets: [{ department: 'd1', minor: 30 }],
          seed,
          solver: createInProcessSolver(),
          digest: sha256,
          watch: { pause: async () => {}, stopped: () => false },
          progress: () => {},
        }),
      );
  const dropped = new Map([['ran no second', 3]]);
  const comparison = comparisonOf({ trace, format: 'swf', jobs: 40, dropped, capacity, results, planned: 4 });
  const about = {
    command: `annona simulate --trace ${trace}`,
    quotas: [{ department: 'd2', kind: 'cpu', most: 4 }],
    inputs: [{ name: trace, sha256: 'f00d' }],
  };
  return {
    about,
    comparison,
    results,
    capacity,
    page: renderReport({ ...about, comparison, results, capacity }),
  };
}

/** Fill of each bar, by department. */
function barColours(page: string): Set<string> {
  const bars = [...page.matchAll(/<rect class="bar (c\d)"[^>]*><title>[^<]*, (d\d):/g)];
  return new Set(bars.map(([, colour, department]) => `${department} ${colour}`));
}

describe('a report', () => {
  it('gives a department one colour in all charts', async () => {
    const { page } = await report('log.swf', ['fcfs', 'easy', 'sjf']);
    // Nine departments: seven have a colour, two share the last.
    expect(barColours(page).size).toBe(9);
  });

  it('needs nothing from anywhere', async () => {
    const { page } = await report();
    expect(page).not.toMatch(/\b(?:https?:)?\/\/|<script|<link|<img|url\(|@import/);
    expect(page).toContain('prefers-color-scheme:dark');
    expect(page).toContain('@media print');
  });

  it('shows the comparison, all charts, the command and the digests', async () => {
    const { page, results } = await report();
    for (const { digest } of results) expect(page).toContain(digest);
    for (const part of [
      'annona simulate --trace log.swf',
      'In use of cpu',
      'Waits',
      'SHA-256 f00d',
      'Left of the budgets under easy',
      'Run out',
      'dashed: their quotas',
      'Wait, easy',
      '<td>50.0 %</td>',
      'Leases of cpu',
    ])
      expect(page).toContain(part);
    expect(page).toContain('3 jobs left out: ran no second');
    expect(page.match(/<rect class="bar/g)!.length).toBeGreaterThan(40);
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('is the same for the same results, and no name becomes markup', async () => {
    const evil = '"><b>x</b>.swf';
    const [{ page }, again] = [await report(evil), await report(evil)];
    expect(again.page).toBe(page);
    expect(page).not.toContain('<b>x');
    expect(page).toContain('&lt;b&gt;x');
  });

  it('says when it is partial', async () => {
    const { about, comparison, results, capacity } = await report();
    const partial = { ...comparison, complete: false };
    expect(renderReport({ ...about, comparison: partial, results, capacity })).toContain('Partial');
    expect(comparison.complete).toBe(true);
  });
});

it('names the means of each scheduler beside its intervals', async () => {
  const { comparison } = await report();
  for (const { scheduler, figures, ...means } of comparison.schedulers) {
    const runs = comparison.runs.filter((run) => run.scheduler === scheduler);
    expect(means.runs).toBe(runs.length);
    for (const name of ['jobs', 'dropped', 'waitMeanSeconds', 'utilisation'] as const)
      expect(means[name]).toBe(spreadOf(runs.map((run) => run[name])).mean);
    expect(figures.waitP95Seconds.mean).toBe(means.waitP95Seconds);
  }
});

it('intervals are those of Student: 1, 2, 3 have a mean of 2 ± 2.484', () => {
  expect(spreadOf([1, 2, 3])).toEqual({ mean: 2, plusMinus: 2.484338 });
  expect(spreadOf([5])).toEqual({ mean: 5 });
});

it('times and ticks are round', () => {
  expect([0, 59, 90, 7200, 200_000].map(spanText)).toEqual(['0 s', '59 s', '1.5 min', '2 h', '2.3 d']);
  expect(ticksOf(100, String).map(({ at }) => at)).toEqual([0, 20, 40, 60, 80, 100]);
});
