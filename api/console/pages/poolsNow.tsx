// Pools on the first page: how full each is now and was over the last hour, and what a unit of it is worth, tick by tick.
// Invariant: agents are pools too, and are left out here; what the server did not look at is not invented.

import { useMemo, useState } from 'preact/hooks';
import type { Api } from '../data/api.ts';
import { pricesOf } from '../data/fairness.ts';
import { linesOf, type PoolUse, timesOf } from '../data/history.ts';
import { type Resource, useResource } from '../data/resource.ts';
import type { Pool, Tick } from '../data/shapes.ts';
import { Chart } from '../parts/chart.tsx';
import { amount, percent } from '../parts/format.ts';
import { Bar } from '../parts/mark.tsx';
import { Panel, Shown } from '../parts/panel.tsx';
import { Scroll } from '../parts/scroll.tsx';

const LINES = 6;
/** An hour. */
const READINGS = 360;

export function PoolsNow() {
  const [kind, setKind] = useState('');
  const pools = useResource({ key: 'pools', load: readPools, everyMs: 2000 });
  const use = useResource({
    key: 'pool-use',
    load: (api) => api.get<PoolUse>('/v1/pool-use', { last: READINGS }),
    everyMs: 10_000,
  });
  return (
    <Panel
      title="Pools"
      wide
      note={
        pools.value === null ? undefined : <KindChoice pools={pools.value} kind={kind} onChoose={setKind} />
      }
    >
      <Shown of={pools} empty={{ when: (all) => all.length === 0, say: 'The organisation has no pool.' }}>
        {(all) => {
          const shown = all.filter((pool) => kind === '' || pool.kind === kind);
          return (
            <div class="two">
              <PoolTable pools={shown} />
              <UseOverTime use={use.value} kind={kind} says={kindSentence(shown)} />
            </div>
          );
        }}
      </Shown>
    </Panel>
  );
}

interface UseProps {
  readonly use: PoolUse | null;
  readonly kind: string;
  readonly says: string;
}

function UseOverTime({ use, kind, says }: UseProps) {
  const drawn = useMemo(
    () => (use === null ? null : { times: timesOf(use), series: linesOf(use, kind, LINES) }),
    [use, kind],
  );
  if (drawn === null) return <p class="loading">Reading…</p>;
  if (drawn.times.length < 2)
    return <p class="empty">The line begins now: this server has looked once so far.</p>;
  return (
    <Chart
      {...drawn}
      unit=" %"
      height={200}
      says={`Part in use over the last hour, by ${kind === '' ? 'kind' : 'pool'}. Now: ${says}.`}
    />
  );
}

async function readPools(api: Api): Promise<readonly Pool[]> {
  const pools = await api.all<Pool>('/v1/pools', { most: 5000 });
  return pools
    .filter(({ agent, kind }) => agent === null && kind !== 'agent')
    .toSorted((a, b) => share(b) - share(a) || (a.id < b.id ? -1 : 1));
}

function share({ used, capacity }: Pick<Pool, 'used' | 'capacity'>): number {
  return capacity > 0 ? used / capacity : 0;
}

function kindSentence(pools: readonly Pool[]): string {
  const kinds = Map.groupBy(pools, ({ kind }) => kind);
  return [...kinds]
    .map(([kind, those]) => {
      const used = those.reduce((sum, pool) => sum + pool.used, 0);
      const capacity = those.reduce((sum, pool) => sum + pool.capacity, 0);
      return `${kind} ${percent(capacity > 0 ? used / capacity : 0)}`;
    })
    .join(', ');
}

interface KindChoiceProps {
  readonly pools: readonly Pool[];
  readonly kind: string;
  readonly onChoose: (kind: string) => void;
}

function KindChoice({ pools, kind, onChoose }: KindChoiceProps) {
  const kinds = [...new Set(pools.map((pool) => pool.kind))].sort();
  return (
    <label>
      kind{' '}
      <select value={kind} onChange={(event) => onChoose(event.currentTarget.value)}>
        <option value="">all</option>
        {kinds.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}

function PoolTable({ pools }: { readonly pools: readonly Pool[] }) {
  return (
    <Scroll label="Pools by use" short>
      <table>
        <thead>
          <tr>
            <th scope="col">pool</th>
            <th scope="col">kind</th>
            <th scope="col">use</th>
            <th scope="col" class="number">
              used
            </th>
            <th scope="col" class="number">
              of
            </th>
          </tr>
        </thead>
        <tbody>
          {pools.map((pool) => (
            <tr key={pool.id}>
              <td>{pool.id}</td>
              <td>{pool.kind}</td>
              <td>
                <Bar used={pool.used} of={pool.capacity} />
              </td>
              <td class="number">{amount(pool.used)}</td>
              <td class="number">{amount(pool.capacity)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** Who sees its own department alone sees no prices: they would tell of others. */
export function hidesPrices(ticks: readonly Tick[]): boolean {
  return ticks.some(({ stages }) => stages.some(({ multipliers }) => multipliers === null));
}

export function PricesNow({ ticks }: { readonly ticks: Resource<readonly Tick[]> }) {
  const drawn = useMemo(() => pricesOver(ticks.value ?? []), [ticks.value]);
  return (
    <Panel title="What scarce units are worth" note="per unit, in the objective of their class">
      <Shown
        of={ticks}
        empty={{
          when: () => drawn.series.length === 0,
          say: 'Nothing was scarce in the last ticks: every price was 0.',
        }}
      >
        {() => (
          <Chart
            even
            times={drawn.times}
            series={drawn.series}
            says={`Price of a unit of each scarce row over the last ticks, the dearest first: ${drawn.series.map(({ label }) => label).join(', ')}.`}
          />
        )}
      </Shown>
    </Panel>
  );
}

function pricesOver(ticks: readonly Tick[]) {
  const solved = ticks.filter(({ stages }) => stages.length > 0).toReversed();
  const prices = solved.map(pricesOf);
  const dearest = new Map<string, number>();
  for (const each of prices)
    for (const [row, price] of each) dearest.set(row, Math.max(dearest.get(row) ?? 0, price));
  const rows = [...dearest].toSorted(([, a], [, b]) => b - a).slice(0, LINES);
  let before = 0;
  return {
    times: solved.map(({ now }) => {
      before = Math.max(Date.parse(now) / 1000, before + 0.001);
      return before;
    }),
    series: rows.map(([row]) => ({
      label: row.replace(/^capacity\//, ''),
      stepped: true,
      values: prices.map((each) => each.get(row) ?? 0),
    })),
  };
}
