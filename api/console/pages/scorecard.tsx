// The scorecard of a department: what came of what it asked for, how long that took, and how much it held of what is its own.
// Invariant: who may not read the department's usage is told so, and sees no number of it.

import { linkTo } from '../data/address.ts';
import type { Api } from '../data/api.ts';
import { useResource } from '../data/resource.ts';
import { dominantOf, type HeldRow, heldOf, ratesOf, weightPart } from '../data/scorecard.ts';
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
  /** Of the department, or, for an agent, its own; null: it asked for nothing. */
  readonly row: UsageRow | null;
  readonly held: readonly HeldRow[];
  readonly weight: number | null;
}

function Known({ department }: { readonly department: string }) {
  const me = useMe();
  const card = useResource({
    key: `scorecard/${department}`,
    load: (api) => read(api, department),
    everyMs: EVERY_MS,
  });
  const isOwn = me.may.readUsage === 'own';
  return (
    <Panel
      title="Scorecard"
      note={`the last 30 days${isOwn ? `, of ${me.agent} alone` : ''}; what was held of all: the last 7`}
    >
      <Shown of={card}>
        {({ row, held, weight }) => (
          <>
            <Fair department={department} rows={held} weight={weight} />
            {row === null ? (
              <p class="empty">{isOwn ? me.agent : 'It'} asked for nothing in the last 30 days.</p>
            ) : (
              <Score row={row} />
            )}
            {row === null || isOwn ? null : <Held rows={held} />}
          </>
        )}
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
    held: heldOf({ ...input, row: row ?? { unitSeconds: {} } }),
    weight: weightPart(department, departments),
  };
}

/** Whether the scheduler is fair to it, in words; the numbers stand below. */
function Fair({
  department,
  rows,
  weight,
}: {
  readonly department: string;
  readonly rows: readonly HeldRow[];
  readonly weight: number | null;
}) {
  const dominant = dominantOf(rows, weight);
  const waiting = linkTo(['requests'], { state: 'waiting', department });
  return (
    <p class="fair">
      {dominant === null ? (
        'It held nothing in the last seven days.'
      ) : (
        <>
          It held <strong>{percent(dominant.part, 1)}</strong> of all {dominant.kind}, and less of every other
          kind. Its weight stands for <strong>{percent(weight, 1)}</strong> of what is scarce:{' '}
          {dominant.times === null
            ? 'there is nothing to hold it against.'
            : dominant.times >= 1
              ? `it had ${times(dominant.times)} times its part.`
              : `it had ${times(dominant.times)} times its part, as it asked for less or had to wait.`}
        </>
      )}{' '}
      <a href={waiting}>What waits of it, and why</a>
    </p>
  );
}

function times(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0);
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

function Held({ rows }: { readonly rows: readonly HeldRow[] }) {
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
      <p class="muted">It may hold more than its part where others leave theirs idle.</p>
    </>
  );
}
