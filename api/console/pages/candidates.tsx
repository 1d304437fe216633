// What a request could take: the policy's word on it, what it is worth, and each place with what the objective takes off for it.
// Invariant: nothing is computed here; every part of a score stands in words, not only where a pointer hovers.

import { useState } from 'preact/hooks';
import type { ObligationsView, RequestView } from '../../client/shapes.ts';
import type { CandidateRow, Explanation, RequestWorth, Score } from '../data/shapes.ts';
import { SCORE_WORDS, STANDING_WORDS, said } from '../parts/codes.ts';
import { amount, plain, short, span } from '../parts/format.ts';
import { Bar } from '../parts/mark.tsx';
import { Panel } from '../parts/panel.tsx';
import { Scroll } from '../parts/scroll.tsx';

interface Column {
  readonly title: string;
  readonly number?: true;
}

const COLUMNS: readonly Column[] = [
  { title: 'pool' },
  { title: 'standing' },
  { title: 'preference' },
  { title: 'in use' },
  { title: 'left', number: true },
  { title: 'room now', number: true },
  { title: 'price, minor units', number: true },
  { title: 'score', number: true },
  { title: 'what the score is made of' },
];

export interface CandidatesProps {
  readonly request: RequestView;
  readonly of: Explanation;
}

export function Candidates({ request, of: { options, verdict, worth } }: CandidatesProps) {
  const claims = options.flatMap(({ option, claims }) => claims.map((claim) => ({ option, ...claim })));
  const denial = request.reasons.find(({ code }) => code === 'POLICY_DENIED');
  if (claims.length === 0 && denial === undefined) return null;
  return (
    <Panel title="What it could take" wide>
      {denial === undefined ? (
        <Allowed verdict={verdict} obligations={request.obligations} />
      ) : (
        <Denied codes={denial.rules} revision={denial.policyRevision} />
      )}
      {worth === null || claims.length === 0 ? null : <Worth of={worth} request={request} />}
      {claims.map(({ option, claim, kind, quantity, candidates, unlisted }) => (
        <div key={`${option}/${claim}`} class="claim">
          <h3>
            {options.length > 1 ? `option ${option + 1}, ` : ''}
            {amount(quantity)} {kind}
          </h3>
          <CandidateTable rows={candidates} label={`Candidates for ${amount(quantity)} ${kind}`} />
          {Object.keys(unlisted).length === 0 ? null : (
            <p class="muted">
              and{' '}
              {Object.entries(unlisted)
                .map(([standing, count]) => `${amount(count)} ${said(STANDING_WORDS, standing)}`)
                .join(', ')}
              , that are not listed
            </p>
          )}
        </div>
      ))}
    </Panel>
  );
}

interface AllowedProps {
  readonly verdict: Explanation['verdict'];
  readonly obligations: ObligationsView | undefined;
}

function Allowed({ verdict, obligations }: AllowedProps) {
  if (verdict === null) return <p>The policy has not been asked yet: the next tick asks it.</p>;
  if (!verdict.allow) return <Denied codes={verdict.codes} revision={verdict.policyRevision} />;
  const duties = obligations === undefined ? [] : dutiesOf(obligations);
  return (
    <p>
      <span class="state good">✓ allowed</span> by policy{' '}
      <span class="code">{short(verdict.policyRevision)}</span>
      {duties.length === 0 ? ', with no obligation.' : `, which obliges it: ${duties.join('; ')}.`}
    </p>
  );
}

function Denied({ codes, revision }: { readonly codes: unknown; readonly revision: unknown }) {
  return (
    <p>
      <span class="state bad">✕ denied</span> by policy <span class="code">{short(String(revision))}</span>:{' '}
      <span class="code">{plain(codes)}</span>. No place is looked for.
    </p>
  );
}

function dutiesOf(of: ObligationsView): string[] {
  const duties = (of.approvals ?? []).map(({ skill, code }) => `a reviewer of ${skill} approves (${code})`);
  if (of.class !== undefined) duties.push(`it is served in class ${of.class}`);
  if (of.ttlSeconds !== undefined) duties.push(`it ends after ${span(of.ttlSeconds * 1000)} at the latest`);
  for (const [kind, pools] of Object.entries(of.pools ?? {}))
    duties.push(`${kind === '*' ? 'everything' : kind} comes from ${pools.join(' or ')}`);
  for (const [name, value] of Object.entries(of.labels ?? {})) duties.push(`it is labelled ${name}=${value}`);
  if (of.audit !== undefined) duties.push(`its grant is told apart in the audit (${of.audit.join(', ')})`);
  return duties;
}

function Worth({ of, request }: { readonly of: RequestWorth; readonly request: RequestView }) {
  const { alike, own, share, ageSixteenths, deadline, total } = of;
  const among =
    alike === 1 ? '' : `, as one of ${amount(alike)} of ${request.agent} in class ${request.terms.class}`;
  return (
    <p>
      It is worth <strong>{amount(total)}</strong> points: ({amount(own)} as a request{among} +{' '}
      {amount(share)} for its size) × {ageSixteenths / 16} for its age
      {deadline === 0 ? '' : ` + ${amount(deadline)} for its deadline`}. Each tick grants what is worth most
      together, class by class; the score is what a place takes off.
    </p>
  );
}

/** Those that may serve it; the others, which are many, when they are asked for. */
function CandidateTable({
  rows,
  label: name,
}: {
  readonly rows: readonly CandidateRow[];
  readonly label: string;
}) {
  const [whole, setWhole] = useState(false);
  const able = rows.filter(({ standing }) => standing === 'candidate');
  const others = rows.length - able.length;
  const shown = whole || able.length === 0 ? rows : able;
  return (
    <Scroll label={name}>
      <table class="full">
        <thead>
          <tr>
            {COLUMNS.map(({ title, number }) => (
              <th key={title} scope="col" class={number ? 'number' : ''}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <Candidate key={`${row.pool}/${row.window}`} row={row} />
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

function Candidate({ row }: { readonly row: CandidateRow }) {
  const { pool, window, standing, rank, capacity, used, available, fits, priceMinor, score } = row;
  return (
    <tr>
      <td>
        {pool}
        {window === null ? '' : ` (${window})`}
      </td>
      <td>{said(STANDING_WORDS, standing)}</td>
      <td>{rank === null ? '–' : `choice ${rank + 1}`}</td>
      <td>
        <Bar used={used} of={capacity} />
      </td>
      <td class="number">{amount(available)}</td>
      <td class="number">{fits ? 'yes' : 'no'}</td>
      <td class="number">{amount(priceMinor)}</td>
      <td class="number">{score === null ? '–' : signed(-score.total)}</td>
      <td class="parts muted">{score === null ? '–' : partsOf(score)}</td>
    </tr>
  );
}

function partsOf(score: Score): string {
  const parts = Object.entries(SCORE_WORDS).flatMap(([part, words]) => {
    const taken = score[part as keyof typeof score] ?? 0;
    return taken === 0 ? [] : [`${words} ${signed(-taken)}`];
  });
  if (score.weight > 0) parts.push(`the policy prefers it ${signed(score.weight)}`);
  if (score.weight < 0) parts.push(`the policy would rather not ${signed(score.weight)}`);
  const said = parts.length === 0 ? 'nothing is taken off' : parts.join(', ');
  return `${said}: worth ${amount(score.value)} there`;
}

/** "+20", "−60", "0". */
function signed(points: number): string {
  if (points === 0) return '0';
  return `${points > 0 ? '+' : '−'}${amount(Math.abs(points))}`;
}
