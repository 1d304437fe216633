// What a refused submitter can send instead: the body with as little changed as makes it admissible, one repair after another.
// Invariant: a suggestion is admitted by the configuration that refused the original, or there is none; only refusals pay for it.
// Called by requests.ts and batch.ts for what they refuse; the repairs stand in repairs.ts.

import type { Problem, ProblemCode } from '../errors.ts';
import { type Repair, repairs } from './repairs.ts';
import type { SubmissionBody } from './schemas/submission.ts';
import { type SubmissionContext, toIntake } from './submission.ts';

/** A claim may need three, and a body that needs more was not a slip. */
const REPAIRS_MAX = 16;
const CLIENT_REQUEST_ID_MAX = 200;

/** The key belongs to another body: what is wrong is the key alone. */
const KEY_TAKEN: readonly ProblemCode[] = ['KEY_REUSED', 'DUPLICATE_IN_BATCH'];

export interface Refused {
  readonly problem: Problem;
  readonly body: SubmissionBody;
  readonly context: SubmissionContext;
  /** Keys that the same call has used up. */
  readonly taken?: ReadonlySet<string>;
}

/** The problem, with a suggestion in its first error where one is found. */
export function withSuggestion({ problem, body, context, taken }: Refused): Problem {
  const [first, ...others] = problem.errors ?? [];
  if (first === undefined) return problem;
  const keyBelongs = KEY_TAKEN.includes(problem.code);
  if (!keyBelongs && repairs[problem.code] === undefined) return problem;
  const keyTaken = keyBelongs || taken?.has(body.clientRequestId) === true;
  const suggestion = admissible(keyTaken ? withFreshKey(body, context) : body, context);
  if (suggestion === null) return problem;
  return { ...problem, errors: [{ ...first, suggestion }, ...others] };
}

/** The id that the request would have got is nobody's: with it the old key becomes a new one that can still be recognised. */
function withFreshKey(body: SubmissionBody, { id }: SubmissionContext): SubmissionBody {
  const suffix = `.${id.slice(id.indexOf('_') + 1)}`;
  const kept = body.clientRequestId.slice(0, CLIENT_REQUEST_ID_MAX - suffix.length);
  return { ...body, clientRequestId: kept + suffix };
}

function admissible(body: SubmissionBody, context: SubmissionContext): SubmissionBody | null {
  let repaired = body;
  for (let tried = 0; tried <= REPAIRS_MAX; tried += 1) {
    const submission = toIntake(repaired, context);
    if (submission.ok) return repaired;
    const { code, errors } = submission.problem;
    const repair: Repair | undefined = repairs[code];
    const [error] = errors ?? [];
    const next = repair && error ? repair({ body: repaired, error, context }) : null;
    if (next === null) return null;
    repaired = next;
  }
  return null;
}
