// What `annona top` shows, as lines of a screen. Pure: state and size in, text out.
// Invariant: never more lines or columns than the screen has; what does not fit is counted, not cut off silently.

import type { FollowedEvent, View } from '../../client/index.ts';
import { stateText } from '../../states.ts';
import { eventLine } from './eventsRuns.ts';
import { type Column, plain, table } from './output.ts';
import { QUEUE_REASONS } from './queueRuns.ts';

export interface TopState {
  readonly url: string;
  /** The newest tick; null before the first one. */
  readonly tick: View | null;
  /** Without the pools that agents themselves are. */
  readonly pools: readonly View[];
  readonly reasons: readonly View[];
  /** Since the command began. */
  readonly decided: Readonly<Record<(typeof OUTCOMES)[number], number>>;
  /** Newest last. */
  readonly recent: readonly FollowedEvent[];
}

export const OUTCOMES = ['granted', 'waiting', 'denied', 'expired', 'cancelled'] as const;

const BAR = 20;
const REASONS_MAX = 6;
const EVENTS_MAX = 8;
const HEAD_LINES = 3;
const BOLD = '\u001b[1m';
const PLAIN = '\u001b[0m';

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
}

export function screenOf(state: TopState, { columns, rows, colour }: Screen): string[] {
  const reasons =
    state.reasons.length === 0 ? [] : ['', ...table(state.reasons.slice(0, REASONS_MAX), QUEUE_REASONS)];
  const events = state.recent.length === 0 ? [] : ['', ...state.recent.slice(-EVENTS_MAX).map(eventLine)];
  const room = Math.max(2, rows - HEAD_LINES - reasons.length - events.length - 1);
  const lines = [...headOf(state), '', ...poolLines(state.pools, room), ...reasons, ...events];
  const fitting = lines.slice(0, rows - 1).map((line) => line.slice(0, columns));
  return fitting.map((line) =>
    colour && /^(?:POOL|REASON|annona) /.test(line) ? `${BOLD}${line}${PLAIN}` : line,
  );
}

function headOf({ url, tick, decided }: TopState): string[] {
  const at =
    tick === null ? 'no tick yet' : `tick ${plain(tick.tick)} at ${plain(tick.now)}  gap ${gapText(tick)}`;
  return [
    `annona ${url}  ${at}`,
    `since it began  ${OUTCOMES.map((outcome) => `${stateText(outcome)} ${decided[outcome]}`).join('  ')}`,
  ];
}

function poolLines(pools: readonly View[], room: number): string[] {
  const busiest = pools.toSorted((a, b) => shareOf(b) - shareOf(a) || (String(a.id) < String(b.id) ? -1 : 1));
  const columns: Column[] = [
    ['pool', 'id'],
    ['kind', 'kind'],
    ['used', 'used'],
    ['capacity', 'capacity'],
    ['share', (pool) => `${Math.floor(shareOf(pool) * 100)} %`],
    ['', barOf],
  ];
  // The title, and a line that says how many are left out.
  const most = busiest.length + 1 <= room ? busiest.length : Math.max(0, room - 2);
  const lines = table(busiest.slice(0, most), columns);
  const left = busiest.length - most;
  return left === 0 ? lines : [...lines, `and ${left} more pools, less used`];
}

function shareOf({ used, capacity }: View): number {
  return Number(capacity) > 0 ? Number(used) / Number(capacity) : 0;
}

function barOf(pool: View): string {
  const full = Math.min(BAR, Math.round(shareOf(pool) * BAR));
  return `${'#'.repeat(full)}${'.'.repeat(BAR - full)}`;
}

function gapText(tick: View): string {
  const gaps = ((tick.stages ?? []) as readonly { gap: number }[]).map(({ gap }) => gap);
  return `${(Math.max(0, ...gaps) * 100).toFixed(3)} %`;
}

function countsText(decided: TopState['decided']): string {
  return OUTCOMES.map((outcome) => `${outcome} ${decided[outcome]}`).join('  ');
}

/** One line, for a pipe or a log. */
export function lineOf(state: TopState): string {
  const { tick, decided, reasons, pools } = state;
  const at =
    tick === null ? 'no tick yet' : `${plain(tick.now)}  tick ${plain(tick.tick)}  gap ${gapText(tick)}`;
  const [binding] = reasons;
  const why = binding === undefined ? '' : `  most wait for ${plain(binding.code)}`;
  return `${at}  ${countsText(decided)}  ${kindsText(pools)}${why}`;
}

/** "gpu 12/64  cpu 96/512". */
function kindsText(pools: readonly View[]): string {
  const kinds = new Map<string, { used: number; capacity: number }>();
  for (const { kind, used, capacity } of pools) {
    const sum = kinds.get(String(kind)) ?? { used: 0, capacity: 0 };
    kinds.set(String(kind), { used: sum.used + Number(used), capacity: sum.capacity + Number(capacity) });
  }
  return [...kinds].map(([kind, { used, capacity }]) => `${kind} ${used}/${capacity}`).join('  ');
}
