// The results of several simulations in one table: every scheduler of each, held against the first.
// Invariant: means and intervals stand as the jobs wrote them; better and worse are words and signs, never colour alone.

import { useResource } from '../data/resource.ts';
import { type ComparedCell, type Comparison, comparisonOf, sideBySide } from '../data/simulations.ts';
import { decimal, percent, span } from '../parts/format.ts';
import { Panel, Shown } from '../parts/panel.tsx';
import { Scroll } from '../parts/scroll.tsx';

interface Result {
  readonly job: string;
  /** Null: it is no comparison. */
  readonly comparison: Comparison | null;
}

export function SideBySide({ ids }: { readonly ids: readonly string[] }) {
  const results = useResource({
    key: `results/${ids.join(',')}`,
    load: (api) =>
      Promise.all(
        ids.map(async (job): Promise<Result> => {
          const result = await api.get<unknown>(`/v1/jobs/${encodeURIComponent(job)}/result`);
          return { job, comparison: comparisonOf(result) };
        }),
      ),
    everyMs: 0,
  });
  return (
    <Panel title="Side by side" wide note="change against the first column; the same where intervals meet">
      <Shown of={results}>{(all) => <Compared results={all} />}</Shown>
    </Panel>
  );
}

function Compared({ results }: { readonly results: readonly Result[] }) {
  const known = results.flatMap(({ job, comparison }) => (comparison === null ? [] : [{ job, comparison }]));
  const without = results.filter(({ comparison }) => comparison === null);
  const { columns, rows } = sideBySide(known);
  return (
    <>
      {without.length === 0 ? null : (
        <p class="stale">
          {without.map(({ job }) => job).join(', ')}: the result has no figures to compare. Take it home as a
          file.
        </p>
      )}
      {rows.length === 0 ? null : (
        <Scroll label="Figures side by side">
          <table class="compared">
            <thead>
              <tr>
                <th scope="col">figure</th>
                {columns.map(({ job, scheduler, runs }) => (
                  <th key={`${job}/${scheduler}`} scope="col" class="number">
                    {scheduler}
                    <div class="muted id" title={job}>
                      …{job.slice(-6)}, {runs} {runs === 1 ? 'run' : 'runs'}
                    </div>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ figure, words, cells }) => (
                <tr key={figure}>
                  <th scope="row">
                    {words.title} <span class="muted">({words.better} is better)</span>
                  </th>
                  {cells.map((cell, at) => (
                    <td key={`${columns[at]?.job}/${columns[at]?.scheduler}`} class="number">
                      <Cell of={cell} unit={words.unit} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </>
  );
}

const SIGNS = { better: '✓', worse: '✕', same: '=' } as const;
const TONES = { better: 'good', worse: 'bad', same: 'ended' } as const;

function Cell({
  of,
  unit,
}: {
  readonly of: ComparedCell | null;
  readonly unit: 'seconds' | 'part' | 'plain';
}) {
  if (of === null) return <>–</>;
  const { mean, plusMinus, change, verdict } = of;
  return (
    <>
      {shown(mean, unit)}
      {plusMinus === undefined ? null : <span class="muted"> ± {shown(plusMinus, unit)}</span>}
      {change === null ? null : (
        <div class={`state ${TONES[verdict]}`}>
          <span aria-hidden="true">{SIGNS[verdict]}</span> {change > 0 ? '+' : ''}
          {percent(change, 1)} {verdict}
        </div>
      )}
    </>
  );
}

function shown(value: number, unit: 'seconds' | 'part' | 'plain'): string {
  if (unit === 'seconds') return span(value * 1000);
  return unit === 'part' ? percent(value, 1) : decimal(value);
}
