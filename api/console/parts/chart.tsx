// Lines over time, drawn by uPlot, in the colours of the theme.
// Invariant: what the lines show is also said in words, for who does not see them; a chart is drawn anew only when its series change.

import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { Series } from './series.ts';

export interface ChartProps {
  /** Seconds since 1970, rising. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  /** Draws the points at even distances, whatever lay between them: for ticks, which an idle cell does not have. */
  readonly even?: boolean;
  /** What it shows, as a sentence. */
  readonly says: string;
  readonly height?: number;
  readonly unit?: string;
}

const COLOURS = ['--line-1', '--line-2', '--line-3', '--line-4', '--line-5', '--line-6'];
const HEIGHT = 150;

export function Chart({ times, series, says, height = HEIGHT, unit = '', even = false }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shown = useRef(times);
  shown.current = times;
  const shape = series.map(({ label }) => label).join('\n');
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const make = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(
        optionsOf(element, { series, height, unit, timesAt: even ? () => shown.current : null }),
        dataOf(times, series, even),
        element,
      );
    };
    make();
    const sizes = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    sizes.observe(element);
    const theme = new MutationObserver(make);
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    return () => {
      sizes.disconnect();
      theme.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
    // The data is set below, without a new plot.
  }, [shape, height, unit]);
  useEffect(() => {
    plot.current?.setData(dataOf(times, series, even));
  }, [times, series]);
  return (
    <figure class="chart">
      <div ref={place} role="img" aria-label={says} />
      <figcaption>
        {series.map(({ label }, at) => (
          <span key={label}>
            <i class={`line line-${(at % COLOURS.length) + 1}`} /> {label}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function dataOf(times: readonly number[], series: readonly Series[], even: boolean): uPlot.AlignedData {
  return [even ? times.map((_, index) => index) : [...times], ...series.map(({ values }) => [...values])];
}

interface Drawing extends Required<Pick<ChartProps, 'series' | 'height' | 'unit'>> {
  /** Of even points: the times that they stand for. */
  readonly timesAt: (() => readonly number[]) | null;
}

function optionsOf(element: HTMLElement, { series, height, unit, timesAt }: Drawing): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--rule'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  return {
    width: Math.max(160, element.clientWidth),
    height,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 0, 0],
    axes: [
      {
        ...axis,
        size: 24,
        space: 80,
        values: (_plot, at) =>
          clockValues(timesAt === null ? at : at.map((index) => timesAt()[Math.round(index)] ?? 0)),
      },
      { ...axis, size: 52, values: (_plot, ticks) => ticks.map((tick) => `${shortAmount(tick)}${unit}`) },
    ],
    scales: {
      x: { time: timesAt === null },
      y: { range: (_plot, _least, most) => [0, Math.max(1, most ?? 1)] },
    },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'UTC'),
    series: [
      {},
      ...series.map(({ label, stepped }, at): uPlot.Series => {
        const paths = stepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
        return {
          label,
          stroke: colour(COLOURS[at % COLOURS.length] ?? ''),
          width: 1.5,
          points: { show: false },
          spanGaps: true,
          ...(paths === undefined ? {} : { paths }),
        };
      }),
    ],
  };
}

/** "14:03:07", in UTC; the day only where more than one is shown. */
function clockValues(seconds: readonly number[]): string[] {
  const texts = seconds.map((each) => new Date(each * 1000).toISOString());
  const isOneDay = texts[0]?.slice(0, 10) === texts.at(-1)?.slice(0, 10);
  return texts.map((text) => (isOneDay ? text.slice(11, 19) : text.slice(5, 16).replace('T', ' ')));
}

function shortAmount(value: number): string {
  if (value >= 1_000_000) return `${value / 1_000_000}M`;
  if (value >= 10_000) return `${value / 1000}k`;
  return String(Math.round(value * 100) / 100);
}
