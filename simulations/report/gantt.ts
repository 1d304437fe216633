// A Gantt chart of the first runs on one pool: a bar a run, in the first lane that is free. Called by page.ts.

import type { RunResult } from '../compare.ts';
import type { ShownRun } from '../metrics/recorder.ts';
import { titleOf } from './comparison.ts';
import { type DepartmentColours, OTHERS } from './departments.ts';
import { CHART, escapeText, figure, px, spanText, timeAxis } from './svg.ts';

const LANES_MOST = 60;
const LANE = 6;
/** No label stands above the bars. */
const TOP = 4;

export function ganttChart({ picture, ...run }: RunResult, pool: string, colours: DepartmentColours): string {
  const runs = picture.runs.filter((run) => run.pool === pool).toSorted((a, b) => a.fromMs - b.fromMs);
  if (runs.length === 0) return '';
  const lanes = lanesOf(runs);
  const shown = lanes.filter(({ lane }) => lane < LANES_MOST);
  const from = runs[0]!.fromMs;
  const axis = timeAxis(Math.max(1, ...shown.map(({ run }) => run.toMs - from)));
  const colourOf = (department: string): number => colours.get(department) ?? OTHERS;
  const across = (ms: number): number =>
    CHART.left + ((CHART.width - CHART.left - CHART.right) * ms) / axis.most;
  const bars = shown.map(({ run, lane }) => {
    const [left, right] = [across(run.fromMs - from), across(run.toMs - from)];
    const said = `${run.name}, ${run.department}: ${run.units} for ${spanText((run.toMs - run.fromMs) / 1000)}`;
    return `<rect class="bar c${colourOf(run.department)}" x="${px(left)}" y="${TOP + lane * LANE}" width="${px(Math.max(0.6, right - left))}" height="${LANE - 1}"><title>${escapeText(said)}</title></rect>`;
  });
  const count = Math.max(...shown.map(({ lane }) => lane)) + 1;
  const height = TOP + count * LANE + CHART.bottom;
  const below = axis.ticks.map(
    ({ at, text }) =>
      `<text class="tick" x="${px(across(at))}" y="${height - CHART.bottom + 16}" text-anchor="middle">${text}</text>`,
  );
  const label = `<text class="label" x="${CHART.width - CHART.right}" y="${height - 4}" text-anchor="end">${axis.label}</text>`;
  const title = `Leases of ${pool} under ${titleOf(run)}: the first ${shown.length} that ended, one bar each`;
  const names = [...colours.keys()].filter((name) => shown.some(({ run }) => run.department === name));
  const legend = names
    .filter((name) => colourOf(name) < OTHERS)
    .map((name) => ({ name, colour: colourOf(name) }));
  const hasOthers = shown.some(({ run }) => colourOf(run.department) === OTHERS);
  const others = hasOthers ? [{ name: 'others', colour: OTHERS }] : [];
  return figure(title, [...bars, ...below, label].join(''), { height, legend: [...legend, ...others] });
}

function lanesOf(runs: readonly ShownRun[]): { run: ShownRun; lane: number }[] {
  const freeAt: number[] = [];
  return runs.map((run) => {
    const found = freeAt.findIndex((at) => at <= run.fromMs);
    const lane = found < 0 ? freeAt.length : found;
    freeAt[lane] = run.toMs;
    return { run, lane };
  });
}
