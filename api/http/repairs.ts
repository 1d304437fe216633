// One repair a refusal: how a body is changed so that this one thing is wrong no more.
// Invariant: pure; a repaired body still fits the schema. Null where nothing can be guessed. Called by suggest.ts.

import { longestSeconds } from '../../scheduler/index.ts';
import type { ProblemCode, ProblemDetail } from '../errors.ts';
import { toPointer } from './json.ts';
import { nearest } from './nearest.ts';
import type { SubmissionBody } from './schemas/submission.ts';
import type { SubmissionContext } from './submission.ts';
import { parseInstant } from './time.ts';

type Claim = SubmissionBody['options'][number]['claims'][number];

export interface Broken {
  readonly body: SubmissionBody;
  readonly error: ProblemDetail;
  readonly context: SubmissionContext;
}

export type Repair = (broken: Broken) => SubmissionBody | null;

/** Between a suggestion and its submission: a duration that just fits before a deadline would fit no more. */
const MARGIN_SECONDS = 60;

export const repairs: Readonly<Partial<Record<ProblemCode, Repair>>> = {
  UNKNOWN_CLASS: ({ body, error }) => {
    const name = nearest(body.terms.class, error.allowed ?? []);
    return name === null ? null : withTerms(body, { class: name });
  },
  UNKNOWN_KIND: ({ body, error }) =>
    withClaim(body, error, (claim) => {
      const kind = nearest(claim.kind, error.allowed ?? []);
      return kind === null ? null : { ...claim, kind };
    }),
  UNKNOWN_LABEL: ({ body, error }) => withClaim(body, error, (claim) => withKnownLabel(claim, error)),
  CLAIM_INVALID: ({ body, error }) =>
    error.pointer.endsWith('/quantity')
      ? withClaim(body, error, (claim) => (claim.quantity > 1 ? { ...claim, quantity: 1 } : null))
      : null,
  TIME_RANGE: repairTimes,
  NEVER_FITS: repairMisfit,
};

function withTerms(body: SubmissionBody, terms: Partial<SubmissionBody['terms']>): SubmissionBody {
  return { ...body, terms: { ...body.terms, ...terms } };
}

/** Changes the claim that the error points into. */
function withClaim(
  body: SubmissionBody,
  { pointer }: ProblemDetail,
  change: (claim: Claim) => Claim | null,
): SubmissionBody | null {
  const place = /^\/options\/([0-9]+)\/claims\/([0-9]+)/.exec(pointer);
  const [o, c] = [Number(place?.[1]), Number(place?.[2])];
  const claim = body.options[o]?.claims[c];
  const changed = claim === undefined ? null : change(claim);
  const option = body.options[o];
  if (changed === null || option === undefined) return null;
  const claims = option.claims.with(c, changed);
  return { ...body, options: body.options.with(o, { ...option, claims }) };
}

/** Renamed to the nearest label that is not asked for yet; dropped where there is none. */
function withKnownLabel(claim: Claim, { pointer, allowed = [] }: ProblemDetail): Claim | null {
  const selector = claim.selector ?? {};
  const unknown = Object.keys(selector).find((label) => pointer.endsWith(toPointer(['selector', label])));
  if (unknown === undefined) return null;
  const { [unknown]: wish, ...others } = selector;
  const name = nearest(
    unknown,
    allowed.filter((label) => !Object.hasOwn(others, label)),
  );
  return withSelector(claim, name === null || wish === undefined ? others : { ...others, [name]: wish });
}

function withSelector(claim: Claim, selector: NonNullable<Claim['selector']>): Claim {
  const { selector: _before, ...rest } = claim;
  return Object.keys(selector).length === 0 ? rest : { ...rest, selector };
}

function repairTimes({ body, error, context }: Broken): SubmissionBody | null {
  const { startBefore: _start, deadline, ...terms } = body.terms;
  const longest = longestSeconds(context.configuration);
  switch (error.pointer) {
    case '/terms/durationSeconds':
      return withTerms(body, { durationSeconds: longest });
    case '/terms/startBefore':
      return { ...body, terms: { ...terms, ...(deadline === undefined ? {} : { deadline }) } };
    case '/terms/deadline': {
      const until = parseInstant(deadline ?? '') ?? context.now;
      const left = Math.floor((until - context.now) / 1000) - MARGIN_SECONDS;
      if (left >= 1) return withTerms(body, { durationSeconds: Math.min(left, longest) });
      const { deadline: _late, ...open } = body.terms;
      return { ...body, terms: open };
    }
    default:
      return null;
  }
}

/** Smaller where a smaller one fits; else with a value that exists, without the option, or without what it selects. */
function repairMisfit({ body, error, context }: Broken): SubmissionBody | null {
  const largest = error.largest?.quantity ?? 0;
  if (largest >= 1) return withClaim(body, error, (claim) => ({ ...claim, quantity: largest }));
  const known = withClaim(body, error, (claim) => withKnownValues(claim, context));
  if (known !== null) return known;
  const option = Number(/^\/options\/([0-9]+)/.exec(error.pointer)?.[1]);
  if (body.options.length > 1) return { ...body, options: body.options.toSpliced(option, 1) };
  return withClaim(body, error, (claim) => (claim.selector === undefined ? null : withSelector(claim, {})));
}

/** The nearest values that pools of the kind carry, where none carries the asked one; null if every value is carried. */
function withKnownValues(claim: Claim, { configuration }: SubmissionContext): Claim | null {
  const pools = configuration.pools.filter(({ kind }) => kind === claim.kind);
  const selector = { ...claim.selector };
  for (const [label, wish] of Object.entries(selector)) {
    const carried = new Set(pools.flatMap(({ labels }) => labels[label] ?? []));
    const wished = [wish].flat();
    if (wished.some((value) => carried.has(value))) continue;
    const value = nearest(wished[0] ?? '', [...carried]);
    if (value === null) continue;
    selector[label] = value;
    return withSelector(claim, selector);
  }
  return null;
}
