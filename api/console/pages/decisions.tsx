// Past decisions of the policy, newest first, and of one of them which rules hit, with the values that they compared.
// Invariant: which rules hit is the log's; the values are worked out anew from the row by the policies that ship, and say so.

import { useState } from 'preact/hooks';
import type { Explanation } from '../../../policies/index.ts';
import type { Page } from '../../client/shapes.ts';
import type { DecidedRow, DecisionBatch } from '../data/policyShapes.ts';
import { useResource } from '../data/resource.ts';
import { may, useApi } from '../data/session.ts';
import { amount, instant, plain, short } from '../parts/format.ts';
import { RequestLink } from '../parts/mark.tsx';
import { Failure, Panel, Shown } from '../parts/panel.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { useBench } from '../work/useBench.ts';

const BATCHES = 40;
const ROWS = 200;

interface Row extends DecidedRow {
  readonly batch: DecisionBatch;
}

export function Decisions() {
  const [chosen, setChosen] = useState<Row | null>(null);
  const log = useResource({
    key: 'policies/decisions',
    load: async (api) => {
      const { items } = await api.get<Page<DecisionBatch>>('/v1/policies/decisions', { limit: BATCHES });
      return items.flatMap((batch) => batch.decisions.map((row) => ({ ...row, batch }))).slice(0, ROWS);
    },
    everyMs: 5000,
  });
  return (
    <Panel title="Decisions" wide note="denied requests, and a sample of those that were allowed">
      <Shown
        of={log}
        empty={{
          when: (rows) => rows.length === 0,
          say: 'The policy was asked nothing since this process leads.',
        }}
      >
        {(rows) => (
          <Scroll label="Decisions" short>
            <table>
              <thead>
                <tr>
                  {['at', 'request', 'department', 'outcome', 'rules', 'policy', ''].map((title) => (
                    <th key={title} scope="col">
                      {title === '' ? <span class="hidden">explain</span> : title}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((row, index) => (
                  <tr key={`${row.batch.sequence}/${row.request ?? index}`}>
                    <td>{instant(row.batch.at)}</td>
                    <td>{row.request === null ? '–' : <RequestLink id={row.request} />}</td>
                    <td>{row.row.department}</td>
                    <td>
                      <span class={row.outcome === 'allow' ? 'state good' : 'state bad'}>
                        <span aria-hidden="true">{row.outcome === 'allow' ? '✓' : '✕'}</span>{' '}
                        {row.outcome === 'allow' ? 'allowed' : 'denied'}
                      </span>
                    </td>
                    <td class="code">{plain(row.codes)}</td>
                    <td class="id">{short(row.batch.policyRevision)}</td>
                    <td>
                      <button type="button" onClick={() => setChosen(row)}>
                        Rule by rule
                      </button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        )}
      </Shown>
      {chosen === null ? null : (
        <RuleByRule key={`${chosen.batch.sequence}/${chosen.request}`} row={chosen} />
      )}
    </Panel>
  );
}

function RuleByRule({ row }: { readonly row: Row }) {
  const api = useApi();
  const ask = useBench();
  const [found, setFound] = useState<Explanation | 'busy' | null>(null);
  const [error, setError] = useState<unknown>(null);
  const explain = async (): Promise<void> => {
    setFound('busy');
    setError(null);
    try {
      const [{ SHIPPED_SOURCES: sources }, record] = await Promise.all([
        import('../work/shippedPolicies.ts'),
        api.get<unknown>('/v1/policy-rows', { last: 1 }),
      ]);
      setFound((await ask({ kind: 'explain', sources, record, row: row.row }, 'explained')).explanation);
    } catch (failure) {
      setError(failure);
      setFound(null);
    }
  };
  return (
    <section class="claim" aria-label="Rule by rule">
      <h3>
        {row.outcome === 'allow' ? 'Allowed' : 'Denied'}
        {row.codes.length === 0 ? '' : ` by ${row.codes.join(', ')}`}
        {row.warnings.length === 0 ? '' : `; warned by ${row.warnings.join(', ')}`}
        {row.dryrun.length === 0 ? '' : `; would have been denied by ${row.dryrun.join(', ')}`}
      </h3>
      <p class="muted">What the policy saw: {plain(row.row)}</p>
      {may('readPolicyRows') && found === null ? (
        <button type="button" onClick={explain}>
          Work out the values that were compared
        </button>
      ) : null}
      {found === 'busy' ? <p role="status">Compiling the policies that ship, in this browser…</p> : null}
      {error === null ? null : <Failure of={error} />}
      {found === null || found === 'busy' ? null : (
        <ul>
          {found.findings.map(({ code, field, want, limit, policy }) => (
            <li key={code}>
              <span class="code">{code}</span> of {policy}: {field ?? 'the row'} is {plain(want)}, the limit{' '}
              {plain(limit)}
            </li>
          ))}
          {found.findings.length === 0 ? (
            <li>By the policies that ship no rule hits {amount(1)} such request.</li>
          ) : null}
        </ul>
      )}
    </section>
  );
}
