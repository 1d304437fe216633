// The parts of a request's page that tell of others: who holds what it wants, and whom it would displace.
// Invariant: nothing is computed here beyond sums; who may not see a holder by name sees the sum.

import { useState } from 'preact/hooks';
import type { RequestView } from '../../client/shapes.ts';
import { linkTo } from '../data/address.ts';
import { useApi, useMe } from '../data/session.ts';
import type { Explanation } from '../data/shapes.ts';
import { amount, instant, plain } from '../parts/format.ts';
import { RequestLink } from '../parts/mark.tsx';
import { Failure, Panel } from '../parts/panel.tsx';

interface OfExplanation {
  readonly of: Explanation;
}

export function Holders({ of: { held } }: OfExplanation) {
  const me = useMe();
  if (held.length === 0) return null;
  return (
    <Panel title="Who holds what it wants" wide>
      {held.map((row) => (
        <div key={row.what} class="claim">
          <h3>{row.what}</h3>
          <p>
            It asks for <strong>{amount(row.requested)}</strong>; <strong>{amount(row.available)}</strong> are
            left, {amount(row.held)} are held.
          </p>
          <ul class="holders">
            {row.holders.map(({ lease, agent, department, units, endsAt }) => (
              <li key={lease}>
                {amount(units)} by <strong>{agent}</strong> of{' '}
                <a href={linkTo(['departments', department])}>{department}</a>, until {instant(endsAt)}
              </li>
            ))}
            {row.heldByOthers > 0 ? (
              <li>
                {amount(row.heldByOthers)} by other departments than {me.department}, which are not named to
                you
              </li>
            ) : null}
            {row.heldUnlisted > 0 ? <li>{amount(row.heldUnlisted)} more, in smaller parts</li> : null}
          </ul>
        </div>
      ))}
    </Panel>
  );
}

/** Asked for apart: it solves the last program again. */
export function Takes({ request, of: { price } }: OfExplanation & { readonly request: RequestView }) {
  const api = useApi();
  const [takes, setTakes] = useState<Explanation['whatItTakes'] | 'asked' | null>(null);
  const [error, setError] = useState<unknown>(null);
  if (request.state !== 'waiting') return null;
  const ask = async (): Promise<void> => {
    setTakes('asked');
    setError(null);
    try {
      const path = `/v1/requests/${encodeURIComponent(request.id)}/explanation`;
      setTakes((await api.get<Explanation>(path, { whatItTakes: true })).whatItTakes);
    } catch (failure) {
      setError(failure);
      setTakes(null);
    }
  };
  return (
    <Panel title="What it would take" wide note="in points of the objective of its class">
      {price === null ? null : (
        <>
          <p>
            It is worth <strong>{amount(price.value)}</strong> and would use what is worth{' '}
            <strong>{amount(price.price)}</strong> to others: at least{' '}
            <strong>{amount(price.atLeast)}</strong> more would have put it in.
          </p>
          <table>
            <thead>
              <tr>
                <th scope="col">binding row</th>
                <th scope="col" class="number">
                  units
                </th>
                <th scope="col" class="number">
                  price
                </th>
              </tr>
            </thead>
            <tbody>
              {price.rows.map(({ row, units, price: each }) => (
                <tr key={row}>
                  <td>{row}</td>
                  <td class="number">{amount(units)}</td>
                  <td class="number">{amount(each)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      {error === null ? null : <Failure of={error} />}
      {takes === null || takes === 'asked' ? (
        <button type="button" disabled={takes === 'asked'} onClick={ask}>
          {takes === 'asked' ? 'Solving the last program with it…' : 'Whom would it displace?'}
        </button>
      ) : (
        <Displaced of={takes} />
      )}
    </Panel>
  );
}

function Displaced({ of: takes }: { readonly of: NonNullable<Explanation['whatItTakes']> }) {
  const { standing, displaced, displacedOthers, stronger } = takes;
  return (
    <>
      <p>{STANDINGS[standing] ?? standing}</p>
      <ul>
        {displaced.map(({ request, agent, department }) => (
          <li key={request}>
            <RequestLink id={request} /> of {agent}, {department}
          </li>
        ))}
        {displacedOthers.map(({ department, count }) => (
          <li key={department}>
            {amount(count)} of {department}
          </li>
        ))}
      </ul>
      {stronger.length === 0 ? null : (
        <>
          <h3>Stronger ways to ask</h3>
          <ul>
            {stronger.map((each) => (
              <li key={JSON.stringify(each)}>{plain(each)}</li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

const STANDINGS: Readonly<Record<string, string>> = {
  displaces: 'Had it been forced into the last program, these would have waited in its place:',
  outranked: 'Higher classes hold what it wants; nobody of its own class would make room.',
  notInProgram: 'It was no part of the last program: what keeps it out comes before the competition.',
};
