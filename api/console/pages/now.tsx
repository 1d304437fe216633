// Now: the cell at a glance. Ticks as they happen, what is full and what it costs, who waits why, who holds against whose share, and budgets.
// Invariant: every number is one of the API; a part that the reader may not see is not there.

import { useMemo, useRef } from 'preact/hooks';
import { ACTOR_WORDS } from '../../states.ts';
import { linkTo } from '../data/address.ts';
import { useClock } from '../data/clock.ts';
import { gapOf, oldestOf, tickMs } from '../data/fairness.ts';
import { type Resource, useResource } from '../data/resource.ts';
import type { QueueReasons, Tick } from '../data/shapes.ts';
import { useTicks } from '../data/ticks.ts';
import { Chart } from '../parts/chart.tsx';
import { ago, amount, instant, percent, span } from '../parts/format.ts';
import { TickLink } from '../parts/mark.tsx';
import { Panel, Shown } from '../parts/panel.tsx';
import { Budgets } from './budgets.tsx';
import { hidesPrices, PoolsNow, PricesNow } from './poolsNow.tsx';
import { SharesNow } from './sharesNow.tsx';

const TICKS = 240;
const TICKS_EVERY_MS = 1000;

export function NowPage() {
  const ticks = useTicks(TICKS, TICKS_EVERY_MS);
  const reasons = useResource({
    key: 'reasons',
    load: (api) => api.get<QueueReasons>('/v1/queue/reasons'),
    everyMs: 2000,
  });
  const isAlone = hidesPrices(ticks.value ?? []);
  return (
    <>
      <h1 class="hidden">Now</h1>
      <Figures ticks={ticks} reasons={reasons} />
      <div class="panels">
        <TicksPanel ticks={ticks} />
        <WaitingPanel reasons={reasons} wide={isAlone} />
        {isAlone ? null : <PricesNow ticks={ticks} />}
        <PoolsNow />
        <SharesNow />
        <Budgets />
      </div>
    </>
  );
}

interface FiguresProps {
  readonly ticks: Resource<readonly Tick[]>;
  readonly reasons: Resource<QueueReasons>;
}

function Figures({ ticks, reasons }: FiguresProps) {
  const at = useClock();
  const health = useResource({
    key: 'health',
    load: async (api) => readHealth(api.calls.options.baseUrl),
    everyMs: 10_000,
  });
  const newest = ticks.value?.[0];
  const oldest = reasons.value === null ? null : oldestOf(reasons.value);
  const failing = health.value ?? [];
  return (
    <dl class="figures" aria-label="The newest tick">
      <Figure
        name="tick"
        value={newest === undefined ? '–' : <TickLink tick={newest.tick} />}
        note={newest === undefined ? 'none yet' : ago(newest.now, at)}
      />
      <Figure name="in it" value={amount(newest?.counts.pending)} note="pending" />
      <Figure
        name="granted"
        value={amount(newest?.counts.granted)}
        note={`denied ${amount(newest?.counts.denied)}`}
      />
      <Figure
        name="gap"
        value={percent(newest === undefined ? null : gapOf(newest), 3)}
        note={newest?.engine ?? 'no engine was asked'}
      />
      <Figure
        name="took"
        value={span(newest === undefined ? null : tickMs(newest))}
        note={`policy to decode`}
      />
      <Figure
        name="waiting"
        value={amount(reasons.value?.waiting)}
        note={oldest === null ? 'nobody' : `longest ${span(at - Date.parse(oldest))}`}
      />
      <Figure
        name="leader"
        value={newest === undefined ? '–' : `epoch ${newest.epoch}`}
        note={
          health.value === null
            ? 'health unknown'
            : failing.length === 0
              ? 'healthy'
              : failing.map(({ check, detail }) => `${check}: ${detail}`).join('; ')
        }
        bad={failing.length > 0}
      />
    </dl>
  );
}

async function readHealth(
  base: string,
): Promise<readonly { readonly check: string; readonly detail: string }[]> {
  const response = await fetch(new URL('readyz', base));
  return ((await response.json()) as { readonly failing: readonly { check: string; detail: string }[] })
    .failing;
}

interface FigureProps {
  readonly name: string;
  readonly value: preact.ComponentChildren;
  readonly note: string;
  readonly bad?: boolean;
}

function Figure({ name, value, note, bad = false }: FigureProps) {
  return (
    <div class={bad ? 'figure bad' : 'figure'}>
      <dt>{name}</dt>
      <dd>
        <span class="value">{value}</span>
        <span class="note">{note}</span>
      </dd>
    </div>
  );
}

function TicksPanel({ ticks }: Pick<FiguresProps, 'ticks'>) {
  return (
    <Panel title="Ticks" wide note={<a href={linkTo(['ticks'])}>all ticks</a>}>
      <Shown
        of={ticks}
        empty={{
          when: (all) => all.length === 0,
          say: 'No tick yet: a cell without anything new does nothing.',
        }}
      >
        {(all) => <TickCharts ticks={all} />}
      </Shown>
    </Panel>
  );
}

function TickCharts({ ticks }: { readonly ticks: readonly Tick[] }) {
  const drawn = useMemo(() => {
    const rising = ticks.toReversed();
    const count = (name: string) => ({ label: name, values: rising.map(({ counts }) => counts[name] ?? 0) });
    return {
      times: strictly(rising.map(({ now }) => Date.parse(now) / 1000)),
      counts: ['pending', 'granted', 'waiting', 'denied'].map(count),
      took: [{ label: 'milliseconds a tick', values: rising.map(tickMs) }],
      from: rising[0]?.now,
    };
  }, [ticks]);
  const newest = ticks[0];
  const last = useRef(newest?.tick);
  last.current = newest?.tick;
  return (
    <div class="two">
      <Chart
        even
        times={drawn.times}
        series={drawn.counts}
        says={`Of each of the last ${ticks.length} ticks, since ${instant(drawn.from)}: requests in it and what became of them. In the newest ${amount(newest?.counts.pending)} were pending, ${amount(newest?.counts.granted)} granted.`}
      />
      <Chart
        even
        times={drawn.times}
        series={drawn.took}
        unit=" ms"
        says={`How long each of the last ${ticks.length} ticks took; the newest ${span(newest === undefined ? null : tickMs(newest))}.`}
      />
    </div>
  );
}

/** Two ticks of one instant would stand on each other, and times must rise. */
function strictly(times: readonly number[]): number[] {
  let before = Number.NEGATIVE_INFINITY;
  return times.map((time) => {
    before = Math.max(time, before + 0.001);
    return before;
  });
}

function WaitingPanel({ reasons, wide }: Pick<FiguresProps, 'reasons'> & { readonly wide: boolean }) {
  const at = useClock();
  return (
    <Panel title="Why requests wait" wide={wide} note="by the reason that binds">
      <Shown of={reasons} empty={{ when: ({ items }) => items.length === 0, say: 'Nobody waits.' }}>
        {({ items }) => (
          <table>
            <thead>
              <tr>
                <th scope="col">reason</th>
                <th scope="col" class="number">
                  requests
                </th>
                <th scope="col">acts next</th>
                <th scope="col" class="number">
                  longest
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map(({ code, count, actor, advice, oldestSubmittedAt }) => (
                <tr key={code}>
                  <td class="wraps">
                    <a class="code" href={linkTo(['requests'], { state: 'waiting', reason: code })}>
                      {code}
                    </a>
                    <div class="muted">{advice}</div>
                  </td>
                  <td class="number">{amount(count)}</td>
                  <td>{ACTOR_WORDS[actor] ?? actor}</td>
                  <td class="number">
                    {oldestSubmittedAt === null ? '–' : span(at - Date.parse(oldestSubmittedAt))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Shown>
    </Panel>
  );
}
