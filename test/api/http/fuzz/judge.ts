// What every answer of the edge owes, whatever was sent: no fault of ours, a problem of the catalogue that the contract names, a body
// that fits its schema, and a store that holds exactly what was acknowledged.
// Invariant: throws with what is wrong; counts what was answered, so that a run can show that it got past the door.

import { Ajv, type ValidateFunction } from 'ajv';
import type { LightMyRequestResponse } from 'fastify';
import { PROBLEMS, type ProblemCode, type ProblemDocument } from '../../../../api/errors.ts';
import { ProblemView } from '../../../../api/http/schemas/views.ts';
import { parseInstant } from '../../../../api/http/time.ts';
import type { Edge } from '../support.ts';
import type { Operation, Schema } from './contract.ts';

const ajv = new Ajv({
  strict: false,
  formats: { 'date-time': (text: string) => parseInstant(text) !== null },
});
const compiled = new Map<Schema, ValidateFunction>();
const fitsProblem = ajv.compile(ProblemView);
const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Of a limit that the rig itself sets, so that a stream is refused where it would never end. */
export const NO_STREAMS = { hub: { streamsMax: 0 } } as const;

export interface Stock {
  readonly written: number;
  readonly requests: number;
}

export function stockOf({ store }: Edge): Stock {
  return { written: store.written.length, requests: store.requests.size };
}

export interface Judged {
  readonly operation: Operation;
  readonly response: LightMyRequestResponse;
  readonly before: Stock;
  readonly after: Stock;
  /** Dots in its path led to another route, whose answers that contract does not name. */
  readonly isElsewhere?: boolean;
}

/** One line a fault. */
export function faultsOf(judged: Judged): string[] {
  const { response } = judged;
  const { statusCode: status } = response;
  if (status >= 400) return [...problemFaults(judged), ...untouched(judged)];
  return [...(judged.isElsewhere === true ? [] : answerFaults(judged)), ...acknowledged(judged)];
}

function problemFaults({ operation, response, isElsewhere = false }: Judged): string[] {
  const { statusCode: status, headers } = response;
  if (headers['content-type'] !== PROBLEM_TYPE) return [`${status} as ${headers['content-type']}`];
  const problem = response.json<ProblemDocument>();
  const known = PROBLEMS[problem.code];
  const named = operation.answers.get(status)?.codes.includes(problem.code) === true;
  const streamRefused = problem.code === ('STREAMS_FULL' satisfies ProblemCode);
  return [
    ...(status >= 500 && !streamRefused ? [`${status} ${problem.code}`] : []),
    ...(fitsProblem(problem) ? [] : [`problem: ${ajv.errorsText(fitsProblem.errors)}`]),
    ...(known?.status === status ? [] : [`${problem.code} as ${status}`]),
    ...(problem.requestId === headers['x-request-id'] ? [] : ['another requestId in header and body']),
    // A path that is cut or extended by what stands in its place is another route, or none.
    ...(named || isElsewhere || problem.code === 'ROUTE_NOT_FOUND' || operation.answers.size === 0
      ? []
      : [`the contract of ${operation.id} does not name ${problem.code}`]),
  ];
}

function answerFaults({ operation, response }: Judged): string[] {
  const { statusCode: status, headers } = response;
  const answer = operation.answers.get(status);
  if (answer === undefined) return [`the contract of ${operation.id} does not name ${status}`];
  const type = String(headers['content-type'] ?? '').split(';')[0] ?? '';
  if (!answer.types.some((known) => known === type || known === '*/*') && status !== 204)
    return [`the contract of ${operation.id} does not name ${type}`];
  if (answer.schema === null || type !== 'application/json') return [];
  const validate = compiled.get(answer.schema) ?? ajv.compile(answer.schema);
  compiled.set(answer.schema, validate);
  return validate(response.json()) ? [] : [`${status}: ${ajv.errorsText(validate.errors)}`];
}

function untouched({ before, after }: Judged): string[] {
  return before.written === after.written && before.requests === after.requests
    ? []
    : ['refused, and yet written'];
}

/** As many rows as were acknowledged as new: a submission writes one, another act at most one. */
function acknowledged({ operation, response, before, after }: Judged): string[] {
  const written = after.written - before.written;
  const made = after.requests - before.requests;
  if (operation.method === 'GET') return written === 0 ? [] : ['reading wrote'];
  const replayed = response.headers['idempotent-replayed'] === 'true';
  if (replayed) return written === 0 ? [] : ['a replay wrote'];
  if (response.statusCode === 207) {
    const items = response.json<{ items: { status: number }[] }>().items;
    const accepted = items.filter(({ status }) => status === 202).length;
    return written === made && made <= accepted ? [] : [`${written} rows for ${accepted} accepted items`];
  }
  return written <= 1 && made <= written ? [] : [`${written} rows for one act`];
}
