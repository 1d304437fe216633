// Offers, prices and what it would take, as lines. Invariant: nothing is computed here. Called by explanation.ts, offerRuns.ts and tick.ts.

import type { View } from '../../client/index.ts';
import { type Column, plain, table } from './output.ts';

type Views = readonly View[];
const viewsOf = (value: unknown): Views => (Array.isArray(value) ? value : []);

const OFFERS: readonly Column[] = [
  ['offer', 'id'],
  ['changes', ({ changes }) => viewsOf(changes).map(changeText).join('; ')],
  ['would hold', ({ grant }) => holdsText(grant as View | undefined)],
  ['until', ({ grant }) => (grant as View | undefined)?.endsAt],
];

export function offerLines(offers: Views): string[] {
  return offers.length === 0
    ? []
    : ['', 'could start at once:', ...table(offers, OFFERS).map((line) => `  ${line}`)];
}

export function heldText({ id, offer, until }: View): string {
  return `${plain(offer)} is held until ${plain(until)} by ${plain(id)}`;
}

export function changeText({ field, kind, label, from, to }: View): string {
  const what = field === 'quantity' ? plain(kind) : field === 'label' ? plain(label) : plain(field);
  return `${what} ${valueText(from)} -> ${valueText(to)}`;
}

function valueText(value: unknown): string {
  if (value === null) return 'any';
  if (Array.isArray(value)) return value.map((each) => plain(each)).join('|');
  if (typeof value !== 'object') return plain(value);
  const { from, to } = value as View;
  return `${instantText(from)} to ${instantText(to)}`;
}

/** Over HTTP a text already, in a tick file milliseconds. */
function instantText(instant: unknown): string {
  return typeof instant === 'number' ? new Date(instant).toISOString() : plain(instant ?? '...');
}

function holdsText(grant: View | undefined): string {
  return viewsOf(grant?.allocations)
    .map(({ quantity, pool }) => `${plain(quantity)} of ${plain(pool)}`)
    .join(' + ');
}

export function priceLines(price: View | null | undefined): string[] {
  if (!price) return [];
  const { tick, class: name, value, price: asked, atLeast, rows } = price;
  const head = `in tick ${plain(tick)}, class ${plain(name)}: price ${plain(asked)}, its value ${plain(value)}, short by at least ${plain(atLeast)}`;
  return [
    '',
    head,
    ...viewsOf(rows).map((row) => `  ${plain(row.price)} for ${plain(row.units)} of ${plain(row.row)}`),
  ];
}

export function takesLines(takes: View | null | undefined): string[] {
  if (!takes) return [];
  const displaced = viewsOf(takes.displaced).map(
    ({ request, department, agent, units }) =>
      `  ${plain(request)} of ${plain(department)}/${plain(agent)} with ${unitsText(units)}`,
  );
  const others = viewsOf(takes.displacedOthers).map(
    ({ department, count, units }) => `  ${plain(count)} of ${plain(department)} with ${unitsText(units)}`,
  );
  const stronger = viewsOf(takes.stronger).map((one) => `  ${strongerText(one)}`);
  return [
    '',
    standingText(takes),
    ...displaced,
    ...others,
    ...(stronger.length === 0 ? [] : ['it would start with:', ...stronger]),
  ];
}

function standingText({ standing, tick, atLeast, atMost }: View): string {
  if (standing === 'notInProgram')
    return 'no program of late could hold it: what is leased already stands in its way';
  if (standing === 'outranked') return `in tick ${plain(tick)} higher classes took what it needs`;
  return `in tick ${plain(tick)} it lacked ${plain(atLeast)} to ${plain(atMost)} points, and would displace:`;
}

function unitsText(units: unknown): string {
  return Object.entries((units ?? {}) as Record<string, unknown>)
    .map(([kind, quantity]) => `${plain(quantity)} ${kind}`)
    .join(' + ');
}

function strongerText({ field, raises, to, outcome, startsBy }: View): string {
  if (field === 'class') return `class ${plain(to)}: ${plain(outcome)}, by ${plain(startsBy)}`;
  return viewsOf(raises)
    .map(({ account, period, by }) => `${plain(by)} more on ${plain(account)}/${plain(period)}`)
    .join(' and ');
}
