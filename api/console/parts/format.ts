// How amounts and times are written on the page: short, in one way everywhere, times in UTC.
// Invariant: pure; a value that is absent is a dash, never an empty place.

const DECIMAL = new Intl.NumberFormat('en', { maximumFractionDigits: 3 });
const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** "12,345". */
export function amount(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : WHOLE.format(value);
}

/** From a hundred on whole; less keeps three places: "1,807,127", "0.844". */
export function decimal(value: number): string {
  return (Math.abs(value) >= 100 ? WHOLE : DECIMAL).format(value);
}

/** "0.012 %"; a gap of nothing is exact. */
export function percent(part: number | null | undefined, digits = 0): string {
  if (part === null || part === undefined || !Number.isFinite(part)) return '–';
  return `${(part * 100).toFixed(part === 0 ? 0 : digits)} %`;
}

/** "14:03:07", with the day where it is another one than that of `at`. */
export function instant(text: string | null | undefined, at?: number): string {
  if (text === null || text === undefined) return '–';
  const [day = '', time = ''] = text.split('T');
  const clock = time.slice(0, 8);
  return at !== undefined && new Date(at).toISOString().startsWith(day) ? clock : `${day} ${clock}`;
}

/** "2 h 05 min", "12 s", "340 ms". */
export function span(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  const whole = Math.abs(ms);
  if (whole < SECOND_MS) return `${Math.round(whole)} ms`;
  if (whole < MINUTE_MS) return `${Math.round(whole / SECOND_MS)} s`;
  if (whole < HOUR_MS)
    return `${Math.floor(whole / MINUTE_MS)} min ${pad((whole % MINUTE_MS) / SECOND_MS)} s`;
  if (whole < DAY_MS) return `${Math.floor(whole / HOUR_MS)} h ${pad((whole % HOUR_MS) / MINUTE_MS)} min`;
  return `${Math.floor(whole / DAY_MS)} d ${Math.floor((whole % DAY_MS) / HOUR_MS)} h`;
}

function pad(value: number): string {
  return String(Math.floor(value)).padStart(2, '0');
}

/** "3 min 02 s ago", "in 40 s". */
export function since(text: string | null | undefined, at: number): string {
  if (text === null || text === undefined) return '–';
  const ms = at - Date.parse(text);
  return ms >= 0 ? `${span(ms)} ago` : `in ${span(ms)}`;
}

/** Of what has happened already: never ahead of a clock that is shown a moment old, or of a browser whose own is behind. */
export function ago(text: string, at: number): string {
  return since(text, Math.max(at, Date.parse(text)));
}

/** Money in minor units as "1,234.56 EUR", use as "12 gpu-hours". */
export function measured(
  value: number | null | undefined,
  measure:
    | { readonly type: 'money'; readonly currency: string }
    | { readonly type: 'use'; readonly kind: string },
): string {
  if (value === null || value === undefined) return '–';
  if (measure.type === 'use') return `${amount(Math.round(value / 3600))} ${measure.kind}-hours`;
  return `${new Intl.NumberFormat('en', { minimumFractionDigits: 2 }).format(value / 100)} ${measure.currency}`;
}

/** The beginning of a digest names it. */
export function short(digest: string | null | undefined): string {
  return digest === null || digest === undefined || digest === '' ? '–' : digest.slice(0, 12);
}

/** "2 gpu + 8 cpu (or 1 other)". */
export function asks(
  options: readonly { readonly claims: readonly { readonly kind: string; readonly quantity: number }[] }[],
): string {
  const [first, ...others] = options.map(({ claims }) =>
    claims.map(({ kind, quantity }) => `${amount(quantity)} ${kind}`).join(' + '),
  );
  return others.length === 0 ? (first ?? '–') : `${first} (or ${others.length} more)`;
}

/** `startsAt` as "starts at": names of fields as people read them. */
export function label(name: string): string {
  return name.replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, ' ').toLowerCase();
}

/** Whatever an answer holds, on one line. */
export function plain(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value === 'number') return amount(value);
  if (Array.isArray(value)) return value.length === 0 ? '–' : value.map(plain).join(', ');
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, each]) => `${label(name)} ${plain(each)}`)
      .join(', ');
  }
  return String(value);
}
