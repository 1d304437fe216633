// Curves as SVG text, drawn without a library, so that a report is one file that opens from a disk for as long as there are browsers.
// Invariant: text is escaped; a chart says what it shows to those who cannot see it. Called by page.ts.

export interface Line {
  readonly name: string;
  /** Which colour of the page: 0 to 7. */
  readonly colour: number;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Drawn dashed: a limit, no measurement. */
  readonly isLimit?: true;
}

export interface Axis {
  readonly label: string;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
  readonly most: number;
}

const WIDTH = 720;
const HEIGHT = 232;
const LEFT = 64;
const RIGHT = 12;
const TOP = 26;
const BOTTOM = 38;

export function lineChart(title: string, lines: readonly Line[], axes: { x: Axis; y: Axis }): string {
  const { x, y } = axes;
  const across = (value: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * value) / (x.most || 1);
  const up = (value: number): number => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * value) / (y.most || 1);
  const grid = y.ticks.map(
    ({ at, text }) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${px(up(at))}" y2="${px(up(at))}"/><text class="tick" x="${LEFT - 6}" y="${px(up(at) + 4)}" text-anchor="end">${escapeText(text)}</text>`,
  );
  const below = x.ticks.map(
    ({ at, text }) =>
      `<text class="tick" x="${px(across(at))}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${escapeText(text)}</text>`,
  );
  const drawn = lines.map(({ name, colour, points, isLimit }) => {
    const path = points
      .map(([a, b], i) => `${i === 0 ? 'M' : 'L'}${px(across(a))} ${px(up(Math.min(b, y.most)))}`)
      .join('');
    return `<path class="line c${colour}${isLimit ? ' limit' : ''}" d="${path}"><title>${escapeText(name)}</title></path>`;
  });
  const label = `<text class="label" x="${WIDTH - RIGHT}" y="${HEIGHT - 4}" text-anchor="end">${escapeText(x.label)}</text><text class="label" x="0" y="${TOP - 14}">${escapeText(y.label)}</text>`;
  return figure(title, [...grid, ...below, ...drawn, label].join(''), { height: HEIGHT, legend: lines });
}

export function figure(
  title: string,
  content: string,
  { height, legend }: { height: number; legend: readonly Pick<Line, 'name' | 'colour' | 'isLimit'>[] },
): string {
  // A limit has the colour of what it limits, and its title says that dashes are limits.
  const keys = legend
    .filter(({ isLimit }) => isLimit !== true)
    .map(({ name, colour }) => `<li><span class="key c${colour}"></span>${escapeText(name)}</li>`);
  return `<figure><figcaption>${escapeText(title)}</figcaption><div class="wide"><svg viewBox="0 -4 ${WIDTH} ${height + 4}" role="img" aria-label="${escapeText(title)}">${content}</svg></div><ul class="legend">${keys.join('')}</ul></figure>`;
}

export const CHART = { width: WIDTH, left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM } as const;

export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A tenth of a pixel is as fine as anybody sees. */
export function px(value: number): string {
  return `${Math.round(value * 10) / 10}`;
}

/** Up to six round numbers from 0 to `most`. */
export function ticksOf(most: number, textOf: (value: number) => string): Axis['ticks'] {
  const step = stepOf(most / 5);
  const count = Math.floor(most / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => ({ at: i * step, text: textOf(i * step) }));
}

function stepOf(rough: number): number {
  if (!(rough > 0)) return 1;
  let size = 1;
  while (size * 10 <= rough) size *= 10;
  while (size > rough) size /= 10;
  return [1, 2, 2.5, 5, 10].map((factor) => factor * size).find((step) => step >= rough)!;
}

const SPANS = [
  { seconds: 86_400, unit: 'd' },
  { seconds: 3_600, unit: 'h' },
  { seconds: 60, unit: 'min' },
] as const;

/** "12 min", "3 h", "40 d". */
export function spanText(seconds: number): string {
  const span = SPANS.find((one) => seconds >= one.seconds);
  if (span === undefined) return `${Math.round(seconds)} s`;
  const count = seconds / span.seconds;
  return `${count < 10 ? Math.round(count * 10) / 10 : Math.round(count)} ${span.unit}`;
}

/** Ticks in whole days, hours or minutes. */
export function timeAxis(mostMs: number): Axis {
  const seconds = mostMs / 1000;
  const unit = SPANS.find((one) => seconds >= 2 * one.seconds) ?? { seconds: 1, unit: 's' };
  const ticks = ticksOf(seconds / unit.seconds, (value) => `${value}`);
  return {
    label: unit.unit === 'd' ? 'days' : unit.unit === 'h' ? 'hours' : unit.unit,
    ticks: ticks.map(({ at, text }) => ({ at: at * unit.seconds * 1000, text })),
    most: mostMs,
  };
}
