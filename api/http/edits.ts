// One edit of the organisation, from its precondition to the stored revision: read, decide purely, swap, and again when another came first.
// Invariant: nothing is stored that was not decided on the revision in force; a retry is allowed only while the object's ETag still holds.
// Used by agents.ts, budgets.ts, poolEdits.ts and quotas.ts.

import {
  applyEdit,
  type Configuration,
  departmentOfEdit,
  type Edit,
  type EditProblem,
  objectKeyOf,
  partOf,
} from '../../scheduler/index.ts';
import { type ProblemDetail, ProblemError } from '../errors.ts';
import type { Principal } from '../ports.ts';
import { notFound } from './access.ts';
import { etagOf, holds, type Precondition } from './etags.ts';
import { actorOf } from './intake.ts';
import type { ServerOptions } from './options.ts';

/** Each round loses only to an edit that was stored: more than this many in one call's time is a storm. */
const ROUNDS_MAX = 10;

type Part = NonNullable<ReturnType<typeof partOf>>;

export interface EditCall {
  readonly principal: Principal;
  /** For a problem: "pool", "agent", ... */
  readonly what: string;
  readonly precondition: Precondition;
  /** Made anew on each revision read; throws what this caller may not see or do. */
  readonly editOn: (configuration: Configuration) => Edit;
}

export interface EditStep {
  readonly edit: Edit;
  readonly from: Configuration;
  /** Null when the edit is refused: `problems` say why. */
  readonly to: Configuration | null;
  readonly before: Part | null;
  readonly after: Part | null;
  readonly problems: readonly EditProblem[];
}

export interface StoredEdit extends EditStep {
  readonly to: Configuration;
}

/** What the edit would do to the organisation in force. Stores nothing. */
export async function planEdit(options: ServerOptions, call: EditCall): Promise<EditStep> {
  const from = await options.configurations.current(options.configuration().cell);
  const edit = call.editOn(from);
  const before = partOf(from, edit);
  const etag = before === null ? null : etagOf(before, options.digest);
  if (etag === null && call.precondition.type !== 'absent') throw notFound(call.what);
  if (!holds(call.precondition, etag)) throw notAsExpected(call.what, etag);
  const edited = applyEdit(from, edit, options.digest);
  switch (edited.type) {
    case 'applied': {
      const to = edited.configuration;
      return { edit, from, to, before, after: partOf(to, edit), problems: [] };
    }
    case 'refused':
      return { edit, from, to: null, before, after: null, problems: edited.problems };
    case 'absent':
      throw notFound(call.what);
    default: {
      const never: never = edited;
      throw new Error(`unknown outcome ${JSON.stringify(never)}`);
    }
  }
}

/** Stores it, and lets this process hold the new revision at once. An edit that changes nothing stores nothing. */
export async function storeEdit(options: ServerOptions, call: EditCall): Promise<StoredEdit> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const step = await planEdit(options, call);
    const { from, to } = step;
    if (to === null) throw refused(step.problems);
    const planned = { ...step, to };
    const outcome = to.revision === from.revision ? 'stored' : await swap(options, call, planned);
    if (outcome === 'overAllotted') throw overAllotted(call.what);
    if (outcome === 'stored') {
      options.adopt(to);
      return planned;
    }
  }
  throw new ProblemError({
    code: 'OVERLOADED',
    detail: 'other edits came first again and again; nothing was written',
    headers: { 'retry-after': '1' },
  });
}

function swap(
  { configurations, digest }: ServerOptions,
  { principal }: EditCall,
  { edit, from, to, before, after }: StoredEdit,
) {
  const tagOf = (part: Part | null) => (part === null ? null : etagOf(part, digest).slice(1, -1));
  const object = objectKeyOf(edit);
  return configurations.swap({
    from: from.revision,
    to,
    kept: [{ object, department: departmentOfEdit(from, edit), edit, subject: principal.subject }],
    dropped: [],
    base: null,
    act: {
      actor: actorOf(principal),
      command: { type: 'edit', object, before: tagOf(before), after: tagOf(after), revision: to.revision },
    },
  });
}

/** 412 with the tag that it has now, so that the caller can look whether its edit still makes sense. */
function notAsExpected(what: string, etag: string | null): ProblemError {
  return new ProblemError({
    code: 'PRECONDITION_FAILED',
    detail: `the ${what} is not as the call expects; its ETag is ${etag}`,
    headers: etag === null ? {} : { etag },
  });
}

function overAllotted(what: string): ProblemError {
  return new ProblemError({
    code: 'ALLOTTED_ELSEWHERE',
    detail: `the ${what} is shared with other cells, which have not given up so much of it`,
    headers: { 'retry-after': '1' },
  });
}

export function refused(problems: readonly EditProblem[]): ProblemError {
  const [first] = problems;
  return new ProblemError({
    code: 'EDIT_INVALID',
    detail: first === undefined ? 'it is refused' : `${first.pointer || 'the object'}: ${first.message}`,
    errors: problems satisfies readonly ProblemDetail[],
  });
}
