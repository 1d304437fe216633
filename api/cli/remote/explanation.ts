// An explanation as a page: why, behind how many, what each claim could take, and who holds what it waits for.
// Invariant: nothing is computed here; what an explanation does not have is not shown.

import type { Reason, View } from '../../client/index.ts';
import { wordsOf } from '../../states.ts';
import { placeText } from '../place.ts';
import { heldText, offerLines, priceLines, takesLines } from './offerLines.ts';
import { type Column, plain, table, tableOf } from './output.ts';

type Views = readonly View[];
const viewsOf = (value: unknown): Views => (Array.isArray(value) ? value : []);

const REASONS: readonly Column[] = [
  ['reason', 'code'],
  ['numbers', numbersOf],
  ['acts next', 'actor'],
  ['how', 'advice'],
];

export function reasonLines(reasons: readonly Reason[]): string[] {
  return reasons.length === 0 ? [] : ['', ...table(reasons as Views, REASONS)];
}

function numbersOf(reason: View): string {
  const { code: _code, actor: _actor, advice: _advice, option: _option, short, ...rest } = reason;
  const shortages = viewsOf(short).map(shortText);
  return shortages.length > 0 ? shortages.join('; ') : plain(abridged(rest));
}

/** A revision is a digest: its beginning names it, as `git` does, and the table stays narrow. */
function abridged(numbers: View): View {
  const { policyRevision: revision } = numbers;
  return typeof revision === 'string' ? { ...numbers, policyRevision: revision.slice(0, 12) } : numbers;
}

function shortText({ what, requested, available, held }: View): string {
  return `${plain(what)} asks ${plain(requested)}, left ${plain(available)}, held ${plain(held)}`;
}

export function explanationLines(explanation: View): string[] {
  const { id, state, position, reasons } = explanation;
  const place = position as View | null | undefined;
  const ahead = place ? `, behind ${plain(place.ahead)} others of class ${plain(place.class)}` : '';
  return [
    `${plain(id)} is ${wordsOf(plain(state)).word}${ahead}${asOf(explanation)}`,
    ...reasonLines(viewsOf(reasons) as readonly Reason[]),
    ...startLines(explanation),
    ...verdictLines(explanation.verdict as View | null | undefined),
    ...worthLines(explanation.worth as View | null | undefined),
    ...viewsOf(explanation.options).flatMap((option) =>
      viewsOf(option.claims).flatMap((claim) => claimLines(option, claim)),
    ),
    ...viewsOf(explanation.held).flatMap(holderLines),
    ...priceLines(explanation.price as View | null | undefined),
    ...takesLines(explanation.whatItTakes as View | null | undefined),
    ...heldLines(explanation.heldOffer as View | null | undefined),
    ...offerLines(viewsOf(explanation.offers)),
    ...grantLines(explanation.granted as View | null | undefined),
  ];
}

/** What is promised, and what may be expected. */
export function startLines(request: View): string[] {
  const reservation = request.reservation as View | null | undefined;
  const estimate = request.estimate as View | null | undefined;
  const coverage = estimate?.coverage as View | null | undefined;
  const record = coverage ? `; ${plain(coverage.covered)} of the last ${plain(coverage.of)} held` : '';
  const lines = [
    ...(reservation?.startsAt ? [`promised: starts at ${plain(reservation.startsAt)} or earlier`] : []),
    ...(reservation?.why ? [`no start is promised: ${plain(reservation.why)}`] : []),
    ...(estimate
      ? [`estimated: ${plain(estimate.p50)}, from ${plain(estimate.p10)} to ${plain(estimate.p90)}${record}`]
      : []),
    ...(request.noEstimate ? [`no estimate: ${plain(request.noEstimate)}`] : []),
  ];
  return lines.length === 0 ? [] : ['', ...lines];
}

/** What is not from the leader's memory is as old as the last decision. */
function asOf({ tick, at, live }: View): string {
  if (tick === null || tick === undefined) return '';
  return `, as of tick ${plain(tick)} at ${plain(at)}${live === false ? ', when it was last decided' : ''}`;
}

function verdictLines(verdict: View | null | undefined): string[] {
  if (!verdict) return [];
  const { allow, codes, policyRevision } = verdict;
  const revision = plain(policyRevision).slice(0, 12);
  const said = allow === true ? 'allows it' : `denies it: ${(codes as readonly string[]).join(', ')}`;
  return ['', `policy ${revision} ${said}`];
}

function worthLines(worth: View | null | undefined): string[] {
  if (!worth) return [];
  const { alike, own, share, ageSixteenths, deadline, total } = worth;
  const age = Number(ageSixteenths) / 16;
  const among = alike === 1 ? '' : `, one of ${plain(alike)} of its agent and class`;
  const rest = Number(deadline) > 0 ? ` + ${plain(deadline)} for its deadline` : '';
  return [
    '',
    `worth ${plain(total)} points: (${plain(own)} as a request${among} + ${plain(share)} for its size) x ${age} for its age${rest}`,
  ];
}

/** What stands for each part of a score, in the order in which they are told. */
const SCORE_PARTS: Readonly<Record<string, string>> = {
  preference: 'preference',
  option: 'option',
  lateness: 'window',
  fit: 'node',
  price: 'price',
};

/** "-60 (preference -60)"; a weight is added, all else is taken. */
function scoreText(score: View | null): string {
  if (!score) return '-';
  const parts = Object.entries(SCORE_PARTS).flatMap(([part, words]) => {
    const taken = Number(score[part] ?? 0);
    return taken === 0 ? [] : [`${words} ${-taken}`];
  });
  const weight = Number(score.weight);
  if (weight !== 0) parts.push(`policy ${weight > 0 ? '+' : ''}${weight}`);
  const total = 0 - Number(score.total);
  return parts.length === 0 ? '0' : `${total > 0 ? '+' : ''}${total} (${parts.join(', ')})`;
}

function claimLines({ option }: View, { claim, kind, quantity, candidates }: View): string[] {
  const head = `option ${plain(option)}, claim ${plain(claim)}: ${plain(quantity)} of ${plain(kind)}`;
  const pools = viewsOf(candidates).map(({ score, ...row }) =>
    score === undefined ? row : { ...row, score: scoreText(score as View | null) },
  );
  return ['', head, ...(pools.length === 0 ? ['  no pool'] : tableOf(pools).map((line) => `  ${line}`))];
}

function holderLines(row: View): string[] {
  const holders = viewsOf(row.holders);
  const others = Number(row.heldByOthers ?? 0) + Number(row.heldUnlisted ?? 0);
  return [
    '',
    shortText(row),
    ...(holders.length === 0 ? [] : tableOf(holders).map((line) => `  ${line}`)),
    ...(others > 0 ? [`  ${others} more are held by others`] : []),
  ];
}

function heldLines(held: View | null | undefined): string[] {
  return held ? ['', heldText(held)] : [];
}

function grantLines(granted: View | null | undefined): string[] {
  if (!granted) return [];
  const holds = viewsOf(granted.allocations).map(
    ({ quantity, pool, node, gpus }) =>
      `${plain(quantity)} of ${plain(pool)}${placeText(node === undefined ? undefined : plain(node), gpus as readonly number[] | undefined)}`,
  );
  return [
    '',
    `lease ${plain(granted.id)} is ${wordsOf(plain(granted.state)).word}: ${holds.join(' + ')}, until ${plain(granted.endsAt)}`,
  ];
}
