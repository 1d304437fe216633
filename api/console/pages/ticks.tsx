// The newest ticks, one a line: what was in them, how good they were proved to be, how long they took.

import { gapOf, tickMs } from '../data/fairness.ts';
import { go } from '../data/route.ts';
import type { Tick } from '../data/shapes.ts';
import { useTicks } from '../data/ticks.ts';
import { amount, instant, percent, span } from '../parts/format.ts';
import { Grid, type GridColumn } from '../parts/grid.tsx';
import { Shown } from '../parts/panel.tsx';

const NEWEST = 400;
const EVERY_MS = 2000;

export function TicksPage() {
  const ticks = useTicks(NEWEST, EVERY_MS);
  return (
    <div class="list">
      <h1>Ticks</h1>
      <Shown
        of={ticks}
        empty={{
          when: (all) => all.length === 0,
          say: 'No tick yet: a cell without anything new does nothing.',
        }}
      >
        {(all) => (
          <>
            <p class="count">
              the newest {amount(all.length)}; each is one decision over all that was pending
            </p>
            <Grid
              label="Ticks"
              rows={all}
              columns={COLUMNS}
              onOpen={({ tick }) => go(['ticks', String(tick)])}
            />
          </>
        )}
      </Shown>
    </div>
  );
}

const count = (title: string): GridColumn<Tick> => ({
  title,
  width: '5rem',
  number: true,
  cell: ({ counts }) => amount(counts[title] ?? 0),
});

const COLUMNS: readonly GridColumn<Tick>[] = [
  { title: 'tick', width: '6rem', number: true, cell: ({ tick }) => amount(tick) },
  { title: 'at', width: '11rem', cell: ({ now }) => instant(now) },
  ...['pending', 'columns', 'granted', 'waiting', 'denied', 'released'].map(count),
  { title: 'gap', width: '5.5rem', number: true, cell: (tick) => percent(gapOf(tick), 3) },
  { title: 'took', width: '5.5rem', number: true, cell: (tick) => span(tickMs(tick)) },
  {
    title: 'how it ended',
    width: 'minmax(7rem, 1fr)',
    cell: ({ termination, fault }) =>
      fault ? `fault: ${fault}` : termination === 'none' ? 'nothing to solve' : termination,
  },
];
