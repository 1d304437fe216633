// The scorecard of a department: what came of what it asked for, how long that took, and how much it held of what is its own.
// Invariant: who may not read the department's usage is told so, and sees no number of it.

import type { Api } from '../data/api.ts';
import { useResource } from '../data/resource.ts';
import { type HeldRow, heldOf, ratesOf, weightPart } from '../data/scorecard.ts';
import { may, useMe } from '../data/session.ts';
import type { Department, Quota, Share, UsageRow } from '../data/shapes.ts';
import { amount, percent, span } from '../parts/format.ts';
import { Facts } from '../parts/mark.tsx';
import { Panel, Shown } from '../parts/panel.tsx';

/** The default span of GET /v1/usage. */
const SPAN_SECONDS = 30 * 86_400;
const EVERY_MS = 60_000;

export function Scorecard({ department }: { readonly department: string }) {
  const me = useMe();
  if (may('readUsage') && (me.may.readUsage === 'all' || me.department === department))
    return <Known department={department} />;
  return (
    <Panel title="Scorecard">
      <p class="empty">
        What another department asked for and was given is for its own people, and for operators.
      </p>
    </Panel>
  );
}

interface Read {
  /** Null: it asked for nothing. */
  readonly row: UsageRow | null;
  readonly held: readonly HeldRow[];
  readonly weight: number | null;
}

function Known({ department }: { readonly department: string }) {
  const card = useResource({
    key: `scorecard/${department}`,
    load: (api) => read(api, department),
    everyMs: EVERY_MS,
  });
  return (
    <Panel title="Scorecard" note="the last 30 days; what was held of all: the last 7">
      <Shown
        of={card}
        empty={{ when: ({ row }) => row === null, say: 'It asked for nothing in the last 30 days.' }}
      >
        {({ row, held, weight }) =>
          row === null ? null : (
            <>
              <Score row={row} />
              <Held rows={held} weight={weight} />
            </>
          )
        }
      </Shown>
    </Panel>
  );
}

async function read(api: Api, department: string): Promise<Read> {
  const [usage, quotas, shares, departments] = await Promise.all([
    api.get<{ readonly items: readonly UsageRow[] }>('/v1/usage', { by: 'department', format: 'json' }),
    api.all<Quota>('/v1/quotas', { query: { department } }),
    api.get<{ readonly items: readonly Share[] }>('/v1/shares'),
    api.all<Department>('/v1/departments'),
  ]);
  const row = usage.items.find((one) => one.department === department) ?? null;
  const input = { department, quotas, shares: shares.items, spanSeconds: SPAN_SECONDS };
  return {
    row,
    held: row === null ? [] : heldOf({ ...input, row }),
    weight: weightPart(department, departments),
  };
}

function Score({ row }: { readonly row: UsageRow }) {
  const rates = ratesOf(row);
  const part = (count: number, of: number | null, what: string): string =>
    `${amount(count)}${of === null ? '' : ` (${percent(of)} of ${what})`}`;
  return (
    <Facts
      of={{
        requests: amount(row.requests),
        granted: part(row.granted, rates.granted, 'decided'),
        denied: part(row.denied, rates.denied, 'decided'),
        halfWaitedAtMost: span(row.waitedP50Ms),
        '19 of 20 waited at most': span(row.waitedP95Ms),
        leasesNeverUsed: part(row.expiredUnused, rates.unused, 'granted'),
        settled:
          row.settledMinor === null
            ? null
            : Object.entries(row.settledMinor)
                .map(([currency, minor]) => `${(minor / 100).toFixed(2)} ${currency}`)
                .join(', '),
      }}
    />
  );
}

const COLUMNS = ['kind', 'unit-hours held', 'of its own share', 'of all held', 'held now', 'its own'];

function Held({ rows, weight }: { readonly rows: readonly HeldRow[]; readonly weight: number | null }) {
  return (
    <>
      <h3>What it held</h3>
      <table>
        <thead>
          <tr>
            {COLUMNS.map((title, at) => (
              <th key={title} scope="col" class={at === 0 ? '' : 'number'}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ kind, unitHours, ofOwn, ofAll, usedNow, own }) => (
            <tr key={kind}>
              <th scope="row">{kind}</th>
              <td class="number">{amount(unitHours)}</td>
              <td class="number">{percent(ofOwn, 1)}</td>
              <td class="number">{percent(ofAll, 1)}</td>
              <td class="number">{amount(usedNow)}</td>
              <td class="number">{amount(own)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="muted">
        Its weight stands for {percent(weight, 1)} of what is scarce. It may hold less where it asks for less,
        and more where others leave theirs idle.
      </p>
    </>
  );
}
