// `annona verify TICK|FILE`: whether a tick is what it claims to be. Asks no engine, and of a server nothing but the file and the record.
// Invariant: exit code 0 only when every check held; the first that did not is named on the last line, and ends it with 7.

import { isDeepStrictEqual } from 'node:util';
import { type DecidedTick, type TickCheck, type TickVerdict, verifyTick } from '../../../scheduler/index.ts';
import { sha256 } from '../../roles/digest.ts';
import { CommandError, EXIT } from '../io.ts';
import { readJson, readTick, type TickDocument } from '../tickDocument.ts';
import { connect } from './connection.ts';
import { flagOf, required, usage } from './options.ts';
import { followChain, rangeOf, replay } from './replayRuns.ts';
import type { Invocation } from './spec.ts';

export async function verify(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  const what = required(invocation, 0);
  const [isReplay, isChain] = [flagOf(options, 'replay'), flagOf(options, 'chain')];
  if (isReplay && isChain) throw usage('--replay and --chain are two checks: run one after the other');
  if (isReplay) return replay(invocation);
  if (isChain) return followChain(invocation);
  if (rangeOf(what)?.from !== rangeOf(what)?.to)
    throw usage(`several ticks are checked with --replay or --chain`);
  const isNumber = /^\d{1,15}$/.test(what);
  const { snapshot, decided, record } = isNumber
    ? await ofServer(invocation, what)
    : await ofFile(invocation, what);
  if (decided === null) throw undecided(what, isNumber);
  const verdict = withRecord(verifyTick(snapshot, decided, sha256), record && recordCheck(decided, record));
  const wrong = verdict.checks.find(({ ok }) => !ok) ?? null;
  if (flagOf(options, 'json')) {
    const { cell, now } = snapshot;
    io.out(JSON.stringify({ ok: verdict.ok, wrong, checks: verdict.checks, open: verdict.open, cell, now }));
  } else {
    io.out(`${summary(snapshot, decided)}\n`);
    const width = Math.max(...verdict.checks.map((check) => check.what.length));
    for (const check of verdict.checks)
      io.out(`${check.ok ? 'ok   ' : 'WRONG'}  ${check.what.padEnd(width)}  ${check.found}`);
    for (const note of verdict.open) io.out(`note   ${note}`);
  }
  if (wrong !== null)
    throw new CommandError(
      `not verified: ${wrong.what}: ${wrong.found}. ${remedyOf(wrong)}`,
      EXIT.checkFailed,
    );
  if (!flagOf(options, 'json')) io.out('\nverified: every check holds');
  return EXIT.done;
}

interface Given extends TickDocument {
  /** What the server's log has of the tick; null for a file. */
  readonly record: Record<string, unknown> | null;
}

async function ofFile({ io }: Invocation, file: string): Promise<Given> {
  const document = await readJson(file);
  // What `annona tick FILE --json` prints holds the decided tick as a field.
  const isAnswer = isObject(document) && isObject(document.file) && !('version' in document);
  return {
    ...readTick(isAnswer ? document.file : document, isAnswer ? `${file}/file` : file, io),
    record: null,
  };
}

async function ofServer(invocation: Invocation, tick: string): Promise<Given> {
  const { client } = await connect(invocation);
  const [file, record] = await Promise.all([
    client.get(`/v1/ticks/${tick}/file`),
    client.get(`/v1/ticks/${tick}`),
  ]);
  return { ...readTick(file, `tick ${tick}`, invocation.io), record: record as Record<string, unknown> };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The chain names digests and claims; a file of another tick, or a changed one, has others. */
function recordCheck(decided: DecidedTick, record: Record<string, unknown>): TickCheck {
  const claims = { digests: decided.digests, stages: decided.stages, fault: decided.fault };
  for (const [field, claim] of Object.entries(claims)) {
    if (isDeepStrictEqual(record[field], claim)) continue;
    return {
      what: 'record',
      ok: false,
      found: `the ${field} of the tick's record are not those of its file`,
    };
  }
  return {
    what: 'record',
    ok: true,
    found: `is what tick ${record.tick} committed, digest ${record.digest}`,
  };
}

function withRecord(verdict: TickVerdict, check: TickCheck | null): TickVerdict {
  if (check === null) return verdict;
  return check.ok
    ? { ...verdict, checks: [check, ...verdict.checks] }
    : { ...verdict, ok: false, checks: [check] };
}

function undecided(what: string, isNumber: boolean): CommandError {
  const found = `${what} holds a tick, but not what was decided of it`;
  const remedy = isNumber
    ? 'its server is too old to say'
    : `try: annona tick ${what} --json | annona verify -`;
  return new CommandError(`${found}; ${remedy}`, EXIT.usage);
}

function summary(snapshot: TickDocument['snapshot'], { plan, fault }: DecidedTick): string {
  const { cell, now, requests, configuration } = snapshot;
  const at = new Date(now).toISOString();
  const ended = fault === null ? '' : `, after a fault of the solver (${fault})`;
  const granted = `${plan.assignments.length} of ${requests.length} requests granted`;
  return `tick of cell ${cell} at ${at}: ${granted}, ${configuration.pools.length} pools${ended}`;
}

function remedyOf({ what }: TickCheck): string {
  if (what === 'record') return 'Take the file again: annona ticks file TICK';
  if (what === 'snapshot' || what === 'model')
    return 'The file was changed, or decided by another version of Annona: verify it with the version that decided it';
  if (what === 'plan' || what === 'certificate')
    return 'The file was changed after the tick: take it again where it came from';
  return 'Keep the file: it shows a defect of whoever decided it';
}
