// Runs a command that calls a server, and turns what the server refused into lines, an exit code and the next command to try.
// Invariant: a problem of the server never ends as a stack; a bug of ours does.

import { type Problem, ProblemError, UnreachableError } from '../../client/index.ts';
import { CommandError, type CommandIo, EXIT } from '../io.ts';
import type { Invocation, Run } from './spec.ts';

export async function runRemote(invocation: Invocation, run: Run): Promise<number> {
  try {
    return await run(invocation);
  } catch (error) {
    if (error instanceof UnreachableError) {
      throw new CommandError(
        `${error.message}. Is it up? Try: npm start, or another --url`,
        EXIT.unreachable,
      );
    }
    if (error instanceof ProblemError) throw refused(error, invocation);
    throw error;
  }
}

/** Tells each wrong place, where the caller knows better than a pointer. `place`: of a JSON pointer in what was sent. */
export async function placing<Value>(
  call: Promise<Value>,
  { io, place }: { readonly io: CommandIo; readonly place: (pointer: string) => string },
): Promise<Value> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof ProblemError) || !error.errors.some(({ pointer }) => pointer.startsWith('/')))
      throw error;
    for (const { pointer, message, allowed } of error.errors)
      io.err(`${place(pointer)}: ${message}${among(allowed)}`);
    throw new ProblemError({ ...error.problem, errors: [] }, error.retryAfterSeconds);
  }
}

function refused(error: ProblemError, invocation: Invocation): CommandError {
  const { problem } = error;
  const { io } = invocation;
  // A single one is what the detail says.
  if (error.errors.length > 1)
    for (const each of error.errors) io.err(`${each.pointer}: ${each.message}${among(each.allowed)}`);
  else if (error.errors[0]?.allowed) io.err(`allowed: ${error.errors[0].allowed.join(', ')}`);
  if (error.suggestion !== undefined) io.err(`suggestion: ${JSON.stringify(error.suggestion)}`);
  const said = `${problem.code}: ${problem.detail ?? problem.title}`;
  return new CommandError(`${said}. Try: ${nextStep(problem, invocation)}`, exitCodeOf(problem));
}

function among(allowed: readonly string[] | undefined): string {
  return allowed === undefined ? '' : ` (allowed: ${allowed.join(', ')})`;
}

function exitCodeOf({ code, status }: Problem): number {
  if (code === 'NEVER_FITS' || code === 'UNSATISFIABLE') return EXIT.unsatisfiable;
  if (status === 400 || status === 422) return EXIT.usage;
  return status >= 502 ? EXIT.unreachable : EXIT.failed;
}

const NEXT: Readonly<Record<string, string>> = {
  TOKEN_MISSING: 'npx annona token --agent ID',
  TOKEN_MALFORMED: 'npx annona token --agent ID',
  TOKEN_EXPIRED: 'npx annona token --agent ID, for a fresh one',
  TOKEN_FORGED: 'the --directory of that very server with --as, or a token of its issuer',
  UNKNOWN_AGENT: 'npx annona agent list --as operator@DEPARTMENT',
  NEVER_FITS: 'npx annona pool list',
  UNKNOWN_KIND: 'npx annona pool list',
  UNKNOWN_LABEL: 'npx annona pool list',
  KEY_REUSED: 'another --id',
  EDIT_INVALID: 'the same with --dry-run, once it is corrected',
  LEASE_ENDED: 'npx annona lease list',
  NOT_REVOKING: 'npx annona lease release ID, if the work is done',
  QUEUE_FULL: 'the same again in a moment',
  OVERLOADED: 'the same again in a moment',
  STORE_UNAVAILABLE: 'the same again in a moment',
  QUERY_TOO_WIDE: 'a later --from or an earlier --to',
  STREAMS_FULL: 'the same again in a moment',
  STOPPING: 'the same again in a moment',
};

function nextStep({ code, status }: Problem, { name, args }: Invocation): string {
  const known = NEXT[code];
  if (known !== undefined) return known;
  const call = `npx ${name}`;
  const group = call.split(' ').slice(0, 3).join(' ');
  const isGroup = call !== group;
  const object = [group, 'get', ...args.filter((arg) => arg !== undefined)].join(' ');
  if (code === 'ROLE_NOT_ALLOWED')
    return `${call} --as ROLE@DEPARTMENT of a role that may (docs/permissions.md)`;
  if (status === 404 && isGroup) return `${group} list`;
  if ((status === 409 || status === 412) && isGroup) return object;
  if (status === 429 || status === 503) return 'the same again in a moment';
  return `${call} --help`;
}
