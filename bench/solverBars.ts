// The bars of bench/solver.ts over all its instances. Invariant: a bar without an instance has no figure and is not met.
import { type Bar, bar, median, spread } from './figures.ts';
import { type BestKnown, keyOf } from './instances/bestKnown.ts';
import { gapAt, type InstanceFigures, type SolveFigures, timeTo, valueAt } from './solverRun.ts';

/** What is stored of a tick's certificate, at most. */
const CERTIFICATE_BYTES_MAX = 256 * 1024;

type Pick = (tick: InstanceFigures) => boolean;

export function barsOf(ticks: readonly InstanceFigures[], known: BestKnown): Record<string, Bar> {
  const mixed = ticks.filter(({ family }) => family === 'mixed');
  const of = (wanted: Pick, figure: (tick: InstanceFigures) => number | null): (number | null)[] =>
    mixed.filter(wanted).map(figure);
  const small: Pick = ({ requests }) => requests <= 500;
  const gaps = (wanted: Pick, solve: (tick: InstanceFigures) => SolveFigures, ms: number): number[] =>
    of(wanted, (tick) => gapAt(solve(tick), ms)) as number[];
  const p90 = (sample: readonly number[]): number | null => spread(sample).p90;
  const cold = (tick: InstanceFigures): SolveFigures => tick.cold;
  const warm = (tick: InstanceFigures): SolveFigures => tick.warm;
  const ofSize =
    (requests: number, from = 0): Pick =>
    (tick) =>
      tick.requests === requests && tick.backlog >= from;
  const contended: Pick = ({ requests, backlog }) => requests === 10_000 && backlog >= 1.5 && backlog < 20;
  const bars: Record<string, Bar> = {
    smallGapAt100MsMedian: bar(median(gaps(small, cold, 100)), 'atMost', 0.005),
    smallGapAt100MsP90: bar(p90(gaps(small, cold, 100)), 'atMost', 0.015),
    smallGapAt1SMedian: bar(median(gaps(small, cold, 1000)), 'atMost', 0.0015),
    smallGapAt1SP90: bar(p90(gaps(small, cold, 1000)), 'atMost', 0.005),
    smallBelowBestKnownAt100Ms: bar(median(of(small, (tick) => below(tick, known, 100))), 'atMost', 0.01),
    gapOf1000WarmAt100Ms: bar(median(gaps(ofSize(1000), warm, 100)), 'atMost', 0.002),
    gapOf1000ColdAt200Ms: bar(median(gaps(ofSize(1000), cold, 200)), 'atMost', 0.002),
    gapOf2000WarmAt180Ms: bar(median(gaps(ofSize(2000), warm, 180)), 'atMost', 0.002),
    gapOf2000ColdAt350Ms: bar(median(gaps(ofSize(2000), cold, 350)), 'atMost', 0.002),
    gapOf10000Backlog20WarmAt250Ms: bar(median(gaps(ofSize(10_000, 20), warm, 250)), 'atMost', 0.002),
    gapOf10000Backlog3WarmAt600Ms: bar(median(gaps(contended, warm, 600)), 'atMost', 0.002),
    gapOf10000ColdAt1500Ms: bar(median(gaps(ofSize(10_000), cold, 1500)), 'atMost', 0.002),
    shapesWarmAt50Ms: bar(shapesGap(ticks, warm), 'atMost', 0.0002),
    shapesColdAt50Ms: bar(shapesGap(ticks, cold), 'atMost', 0.0002),
    warmOverCold: bar(warmOverCold(mixed), 'atMost', 0.5),
    growthExponent: bar(growth(mixed), 'atMost', 1.2),
    certificateBytes: bar(
      largest(ticks, ({ certificateBytes }) => certificateBytes),
      'atMost',
      CERTIFICATE_BYTES_MAX,
    ),
    refusedByChecker: bar(refused(ticks), 'atMost', 0),
    workConservationViolations: bar(violations(ticks), 'atMost', 0),
  };
  for (const name of ['highs', 'glpk']) Object.assign(bars, rivalBars(mixed, name));
  return bars;
}

/** By how much the plan of that moment is below the best known value; null: none is known. */
function below(tick: InstanceFigures, known: BestKnown, ms: number): number | null {
  const best = known[keyOf(tick)];
  return best === undefined ? null : (best.value - valueAt(tick.cold, ms)) / Math.max(1, best.value);
}

function shapesGap(
  ticks: readonly InstanceFigures[],
  solve: (tick: InstanceFigures) => SolveFigures,
): number | null {
  return median(ticks.filter(({ family }) => family === 'shapes').map((tick) => gapAt(solve(tick), 50)));
}

/** Time to the same gap, the worse of the two ends, of the same instance with and without what was carried over. */
function warmOverCold(ticks: readonly InstanceFigures[]): number | null {
  return median(
    ticks.map(({ warm, warmUncarried }) => {
      const gap = Math.max(warm.gap, warmUncarried.gap, 0.002);
      const [carried, plain] = [timeTo(warm, gap), timeTo(warmUncarried, gap)];
      return carried === null || plain === null ? null : carried / plain;
    }),
  );
}

/** Of the median time to 0.2 %: log(T(10,000) / T(1,000)) / log 10. */
function growth(ticks: readonly InstanceFigures[]): number | null {
  const at = (requests: number): number | null =>
    median(ticks.filter((tick) => tick.requests === requests).map(({ cold }) => timeTo(cold, 0.002)));
  const [small, large] = [at(1000), at(10_000)];
  return small === null || large === null ? null : Math.log10(large / small);
}

function rivalBars(ticks: readonly InstanceFigures[], name: string): Record<string, Bar> {
  const ahead: number[] = [];
  for (const { cold, rivals } of ticks) {
    for (const { value, ms } of rivals[name] ?? []) {
      const own = valueAt(cold, Math.max(ms, cold.marks[0]?.ms ?? 0));
      ahead.push((own - value) / Math.max(1, own));
    }
  }
  return {
    [`leastAheadOf_${name}`]: bar(ahead.length === 0 ? null : Math.min(...ahead), 'atLeast', -0.0005),
    [`medianAheadOf_${name}`]: bar(median(ahead), 'atLeast', 0),
  };
}

function largest(ticks: readonly InstanceFigures[], figure: (solve: SolveFigures) => number): number | null {
  return ticks.length === 0
    ? null
    : Math.max(...ticks.flatMap(({ cold, warm }) => [figure(cold), figure(warm)]));
}

function refused(ticks: readonly InstanceFigures[]): number {
  return ticks.flatMap(({ cold, warm }) => [cold, warm]).filter(({ fault }) => fault !== null).length;
}

/** Over every answer that was searched. */
function violations(ticks: readonly InstanceFigures[]): number | null {
  const searched = ticks.flatMap(({ cold, warm }) => [cold.idle, warm.idle]).filter((idle) => idle !== null);
  return searched.length === 0 ? null : searched.reduce((sum, idle) => sum + idle, 0);
}
