// Small marks that stand everywhere: a state, a bar of use, a reason with its advice, a link.
// Invariant: a state is icon and word, never colour alone; text of others is text, never markup.

import type { ComponentChildren } from 'preact';
import type { Reason } from '../../client/shapes.ts';
import { ACTOR_WORDS, wordsOf } from '../../states.ts';
import { linkTo } from '../data/address.ts';
import { amount, label, percent, plain } from './format.ts';

export function State({ of }: { readonly of: string }) {
  const { word, icon, tone } = wordsOf(of);
  return (
    <span class={`state ${tone}`}>
      <span aria-hidden="true">{icon}</span> {word}
    </span>
  );
}

/** Use of a capacity. The number says it, the bar shows it. */
export function Bar({
  used,
  of,
  mark,
}: {
  readonly used: number;
  readonly of: number;
  readonly mark?: number;
}) {
  const part = of > 0 ? used / of : 0;
  const width = Math.min(100, Math.round(part * 100));
  return (
    <span class="bar" title={`${amount(used)} of ${amount(of)}`}>
      <span class={`fill ${part > 1 ? 'over' : part >= 0.9 ? 'full' : ''}`} style={{ width: `${width}%` }} />
      {mark === undefined || of <= 0 ? null : (
        <span class="at" style={{ left: `${Math.min(100, Math.round((mark / of) * 100))}%` }} />
      )}
      <span class="said">{percent(part)}</span>
    </span>
  );
}

export function RequestLink({ id }: { readonly id: string }) {
  return (
    <a class="id" href={linkTo(['requests', id])}>
      {id}
    </a>
  );
}

export function TickLink({ tick }: { readonly tick: number | null }) {
  return tick === null ? <>–</> : <a href={linkTo(['ticks', String(tick)])}>{amount(tick)}</a>;
}

/** A reason: what binds, with its numbers, who acts next and how. */
export function ReasonBox({ reason }: { readonly reason: Reason }) {
  const { code, actor, advice, short, option: _option, claim: _claim, ...numbers } = reason;
  const shortages = (Array.isArray(short) ? short : []) as readonly Record<string, unknown>[];
  return (
    <div class="reason">
      <p>
        <strong class="code">{code}</strong> <span class="muted">acts next:</span>{' '}
        {ACTOR_WORDS[actor] ?? actor}
      </p>
      <p>{advice}</p>
      {Object.keys(numbers).length === 0 ? null : <p class="muted">{plain(numbers)}</p>}
      {shortages.length === 0 ? null : (
        <table>
          <thead>
            <tr>
              {['what is short', 'requested', 'available', 'held'].map((title, at) => (
                <th key={title} scope="col" class={at === 0 ? '' : 'number'}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shortages.map((row) => (
              <tr key={String(row.what)}>
                <td>{plain(row.what)}</td>
                <td class="number">{plain(row.requested)}</td>
                <td class="number">{plain(row.available)}</td>
                <td class="number">{plain(row.held)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

/** Names and values of an object, one a line. */
export function Facts({ of }: { readonly of: Readonly<Record<string, ComponentChildren>> }) {
  return (
    <dl class="facts">
      {Object.entries(of).map(([name, value]) => (
        <div key={name}>
          <dt>{label(name)}</dt>
          <dd>{value === null || value === undefined || value === '' ? '–' : value}</dd>
        </div>
      ))}
    </dl>
  );
}
