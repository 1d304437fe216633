// The parts of a request's page that explain it: candidates, holders, offers to accept, and what it would take to be granted.
// Invariant: nothing is computed here beyond sums; who may not see a holder by name sees the sum.

import { useState } from 'preact/hooks';
import type { RequestView } from '../../client/shapes.ts';
import { linkTo } from '../data/address.ts';
import { go } from '../data/route.ts';
import { useApi, useMe } from '../data/session.ts';
import type { CandidateRow, Explanation, Offer } from '../data/shapes.ts';
import { STANDING_WORDS, said } from '../parts/codes.ts';
import { Confirm } from '../parts/dialog.tsx';
import { amount, instant, label, plain } from '../parts/format.ts';
import { Bar, RequestLink } from '../parts/mark.tsx';
import { Failure, Panel } from '../parts/panel.tsx';
import { Scroll } from '../parts/scroll.tsx';

interface OfExplanation {
  readonly of: Explanation;
}

const CANDIDATES = ['pool', 'standing', 'preferred', 'use', 'left', 'fits', 'price, minor units'];

export function Candidates({ of: { options } }: OfExplanation) {
  const claims = options.flatMap(({ option, claims }) => claims.map((claim) => ({ option, ...claim })));
  if (claims.length === 0) return null;
  return (
    <Panel title="What it could take" wide>
      {claims.map(({ option, claim, kind, quantity, candidates, unlisted }) => (
        <div key={`${option}/${claim}`} class="claim">
          <h3>
            {options.length > 1 ? `option ${option}, ` : ''}
            {amount(quantity)} {kind}
          </h3>
          <CandidateTable rows={candidates} />
          {Object.keys(unlisted).length === 0 ? null : (
            <p class="muted">and {plain(unlisted)} that are not listed</p>
          )}
        </div>
      ))}
    </Panel>
  );
}

/** Those that may serve it; the others, which are many, when they are asked for. */
function CandidateTable({ rows }: { readonly rows: readonly CandidateRow[] }) {
  const [whole, setWhole] = useState(false);
  const able = rows.filter(({ standing }) => standing === 'candidate');
  const others = rows.length - able.length;
  const shown = whole || able.length === 0 ? rows : able;
  return (
    <Scroll label="Candidates">
      <table>
        <thead>
          <tr>
            {CANDIDATES.map((title, at) => (
              <th key={title} scope="col" class={at > 3 ? 'number' : ''}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={`${row.pool}/${row.window}`}>
              <td>
                {row.pool}
                {row.window === null ? '' : ` (${row.window})`}
              </td>
              <td>{said(STANDING_WORDS, row.standing)}</td>
              <td>{row.rank === null ? '–' : `choice ${row.rank + 1}`}</td>
              <td>
                <Bar used={row.used} of={row.capacity} />
              </td>
              <td class="number">{amount(row.available)}</td>
              <td class="number">{row.fits ? 'yes' : 'no'}</td>
              <td class="number">{amount(row.priceMinor)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length === rows.length ? null : (
        <button type="button" class="link" onClick={() => setWhole(true)}>
          Show {amount(others)} that may not serve it, and why
        </button>
      )}
    </Scroll>
  );
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

export interface OffersProps extends OfExplanation {
  readonly request: RequestView;
  readonly onDone: () => void;
}

export function Offers({ request, of: { offers, tick }, onDone }: OffersProps) {
  const me = useMe();
  const [asked, setAsked] = useState<Offer | null>(null);
  const api = useApi();
  if (offers === null || request.state !== 'waiting') return null;
  const mine = me.agent === request.agent;
  const accept = async (offer: Offer, because: string): Promise<void> => {
    const path = `/v1/requests/${encodeURIComponent(request.id)}/offers/${encodeURIComponent(offer.id)}/accept`;
    const taken = await api.act<{ readonly id: string }>({ method: 'POST', path, base: '*', because });
    onDone();
    go(['requests', taken.id]);
  };
  return (
    <Panel title="What to change" note={tick === null ? undefined : 'each of these would start at once'}>
      {offers.length === 0 ? (
        <p class="empty">
          Nothing smaller, other, later or shorter would start now. What it waits for stands under Why.
        </p>
      ) : null}
      <ul class="offers">
        {offers.map((offer) => (
          <li key={offer.id}>
            <p>
              {offer.changes.map((change) => changeText(change)).join('; ')}; until{' '}
              {instant(offer.grant.endsAt)}
            </p>
            {mine ? (
              <button type="button" onClick={() => setAsked(offer)}>
                Accept
              </button>
            ) : null}
          </li>
        ))}
      </ul>
      {!mine && offers.length > 0 ? <p class="muted">{request.agent} itself can accept one.</p> : null}
      {asked === null ? null : (
        <Confirm
          title="Take this instead?"
          verb="Accept the offer"
          onConfirm={(because) => accept(asked, because)}
          onClose={() => setAsked(null)}
        >
          <p>{asked.changes.map((change) => changeText(change)).join('; ')}.</p>
          <p class="muted">The request as it stands ends, and the offered one takes its place.</p>
        </Confirm>
      )}
    </Panel>
  );
}

function changeText(change: Readonly<Record<string, unknown>>): string {
  const { field, from, to, kind, label: name } = change;
  const what = [kind, name, field === 'quantity' || field === 'label' ? null : label(String(field))]
    .filter(Boolean)
    .join(' ');
  return `${what}: ${plain(to)} instead of ${plain(from)}`;
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
