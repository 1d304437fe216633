// `annona verify … --replay` and `--chain`: ticks decided again, and chains followed, from a server's history or from a file of it.
// Invariant: exit code 0 only when everything that was asked for was looked at and held; the first difference is named on the last line.

import type { PolicyBundle } from '../../../policies/index.ts';
import {
  ChainCheck,
  type ChainFault,
  type Configuration,
  type PolicyGate,
  ReplayError,
  type ReplayedTick,
  replayTick,
  type Standing,
  standingOf,
  standingOfNothing,
} from '../../../scheduler/index.ts';
import { sha256 } from '../../roles/digest.ts';
import { type ReplayPolicy, replayPolicy } from '../../roles/replayPolicy.ts';
import { createReplaySolver } from '../../roles/replaySolver.ts';
import { readKeySet, verifySignedHead } from '../../roles/signedHead.ts';
import { CommandError, EXIT } from '../io.ts';
import { connect } from './connection.ts';
import { type HistoryLine, readLines } from './historyLines.ts';
import { flagOf, required, textOf, usage } from './options.ts';
import { serverHistory } from './serverHistory.ts';
import type { Invocation } from './spec.ts';

const RANGE = /^(\d{1,15})(?:\.\.(\d{1,15})?)?$/;
/** No cell ticks so often. */
const NEWEST = 999_999_999_999_999;
/** A line about how far it is, on a screen: often enough to see that it moves. */
const PROGRESS_TICKS = 250;

interface Wanted {
  readonly from: number;
  readonly to: number;
}

/** What the argument names: "7", "7..9", "7..", or else a file. */
export function rangeOf(text: string): Wanted | null {
  const match = RANGE.exec(text);
  if (match === null) return null;
  const from = Number(match[1]);
  const to = match[2] !== undefined ? Number(match[2]) : text.includes('..') ? NEWEST : from;
  if (from < 1 || to < from)
    throw usage(`${text} names no ticks: they are counted from 1, the first before the last`);
  return { from, to };
}

async function linesOf(invocation: Invocation, audit: boolean): Promise<AsyncIterable<HistoryLine>> {
  const what = required(invocation, 0);
  const range = rangeOf(what);
  if (range === null) return readLines(what);
  const { client } = await connect(invocation);
  return serverHistory(client, { ...range, audit, checkpoint: !audit });
}

export async function replay(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  const json = flagOf(options, 'json');
  const ticksText = textOf(options, 'ticks');
  const wanted = rangeOf(required(invocation, 0)) ?? (ticksText === undefined ? null : rangeOf(ticksText));
  if (ticksText !== undefined && wanted === null) throw usage(`--ticks ${ticksText} names no ticks`);
  const solver = createReplaySolver();
  const run = new ReplayRun({
    solver,
    wanted: wanted ?? { from: 1, to: NEWEST },
    bundle: await bundleOf(invocation),
  });
  let compared = 0;
  let evaluated = 0;
  try {
    for await (const line of await linesOf(invocation, false)) {
      const replayed = await run.take(line);
      if (replayed === null) continue;
      const { tick, difference, verdicts } = replayed;
      if (difference !== null) {
        const { at, recorded, replayed: found } = difference;
        if (json) io.out(JSON.stringify({ ok: false, tick, difference, compared }));
        throw new CommandError(
          `tick ${tick} differs at ${at}: recorded ${recorded}, replayed ${found}`,
          EXIT.checkFailed,
        );
      }
      if (!run.isWanted(tick)) continue;
      compared += 1;
      if (verdicts === 'evaluated') evaluated += 1;
      if (!json && compared % PROGRESS_TICKS === 0) io.err(`${compared} ticks compared, the last is ${tick}`);
    }
  } catch (error) {
    if (error instanceof ReplayError)
      throw new CommandError(`not replayed: ${error.message}`, EXIT.checkFailed);
    throw error;
  } finally {
    await run.close();
  }
  const judged = evaluated === 0 ? '' : `, ${evaluated} of them judged anew`;
  if (compared === 0) throw new CommandError('no tick of these is in the history', EXIT.checkFailed);
  if (json) io.out(JSON.stringify({ ok: true, compared, evaluated, last: run.last }));
  else
    io.out(
      `replayed: ${compared} ${compared === 1 ? 'tick comes' : 'ticks come'} to the same digests, the last is ${run.last}${judged}`,
    );
  return EXIT.done;
}

interface ReplayRunOptions {
  readonly solver: Parameters<typeof replayTick>[0]['solver'];
  readonly wanted: Wanted;
  /** Asked again where a record is of its revision. */
  readonly bundle: 'none' | 'shipped' | PolicyBundle;
}

async function bundleOf({ io, options }: Invocation): Promise<ReplayRunOptions['bundle']> {
  const where = textOf(options, 'policy') ?? 'none';
  if (where === 'none' || where === 'shipped') return where;
  const { subjectAt } = await import('../policy/subject.ts');
  const subject = await subjectAt(where, {}, io);
  if (subject === undefined) throw new CommandError(`${where} holds no bundle`, EXIT.usage);
  return subject.bundle;
}

class ReplayRun {
  readonly #solver: Parameters<typeof replayTick>[0]['solver'];
  readonly #wanted: Wanted;
  readonly #bundle: 'none' | 'shipped' | PolicyBundle;
  #policy: ReplayPolicy | null = null;
  readonly #configurations = new Map<string, Configuration>();
  #standing: Standing | null = null;
  #last = 0;

  constructor({ solver, wanted, bundle }: ReplayRunOptions) {
    this.#solver = solver;
    this.#wanted = wanted;
    this.#bundle = bundle;
  }

  async close(): Promise<void> {
    await this.#policy?.close();
    await this.#solver.close();
  }

  get last(): number {
    return this.#last;
  }

  isWanted(tick: number): boolean {
    return this.#wanted.from <= tick && tick <= this.#wanted.to;
  }

  /** Null: the line is no tick, or one behind the last that is wanted. */
  async take(line: HistoryLine): Promise<ReplayedTick | null> {
    if (line.type === 'configuration') this.#configurations.set(line.document.revision, line.document);
    if (line.type === 'checkpoint') {
      const revision = JSON.parse(line.text.slice(0, line.text.indexOf('\n'))).configuration;
      this.#standing = standingOf(line.text, await this.#configuration(revision));
    }
    if (line.type !== 'tick' || line.record.tick > this.#wanted.to) return null;
    const { record, rows, events } = line;
    this.#standing ??= standingOfNothing(
      record.cell,
      await this.#configuration(record.configurationRevision),
    );
    const policy = await this.#gate(record.configurationRevision);
    const replayed = await replayTick(
      {
        solver: this.#solver,
        digest: sha256,
        configuration: (revision) => this.#configuration(revision),
        ...(policy && { policy }),
      },
      this.#standing,
      { record, rows, events },
    ).catch((error: Error) => {
      throw new ReplayError(`tick ${record.tick}: ${error.message}`);
    });
    this.#standing = replayed.standing;
    if (replayed.difference === null) this.#last = record.tick;
    return replayed;
  }

  async #gate(configurationRevision: string): Promise<PolicyGate | null> {
    if (this.#bundle === 'none') return null;
    this.#policy ??= await replayPolicy(
      await this.#configuration(configurationRevision),
      this.#bundle === 'shipped' ? undefined : this.#bundle,
    );
    return this.#policy.gate;
  }

  async #configuration(revision: string): Promise<Configuration> {
    const found = this.#configurations.get(revision);
    if (found === undefined) throw new ReplayError(`configuration ${revision} is not in the history`);
    return found;
  }
}

export async function followChain(invocation: Invocation): Promise<number> {
  const { io, options } = invocation;
  const headFile = textOf(options, 'head');
  const keyFile = textOf(options, 'key');
  let check: ChainCheck | null = null;
  const heads: HistoryLine[] = [];
  for await (const line of await linesOf(invocation, true)) {
    if (line.type === 'history') check = new ChainCheck(line.cell, sha256);
    if (check === null)
      throw new CommandError('there is nothing to follow: no tick was committed', EXIT.checkFailed);
    if (line.type === 'tick') refuse(invocation, check.tick(line.record));
    if (line.type === 'seal') refuse(invocation, check.seal(line));
    if (line.type === 'head') heads.push(line);
  }
  if (check === null) throw new CommandError('there is nothing to follow', EXIT.checkFailed);
  const keys = keyFile === undefined ? null : await readKeySet(keyFile);
  const own = heads.at(-1);
  if (own?.type === 'head') {
    const signed = await verifySignedHead(own.jws, keys ?? own.keys);
    if (signed === null) refuse(invocation, { at: 'head', fault: 'was signed by none of the keys' });
    else refuse(invocation, check.head(signed));
  }
  if (headFile !== undefined) refuse(invocation, check.head(await keptHead(headFile, keys)));
  const { ticks, seals, entries } = check.ends;
  const isPinned = headFile !== undefined || (own !== undefined && keys !== null);
  if (flagOf(options, 'json')) io.out(JSON.stringify({ ok: true, ticks, seals, entries, isPinned }));
  else {
    if (ticks) io.out(`ticks ${ticks.first} to ${ticks.last} are one chain`);
    if (seals) io.out(`audit seals ${seals.first} to ${seals.last}: ${entries} entries, none is missing`);
    if (!isPinned)
      io.out(
        'note: whether the end was cut off only a head tells that was kept elsewhere: --head FILE, --key FILE',
      );
  }
  return EXIT.done;
}

/** What `annona audit head --json` printed once. */
async function keptHead(file: string, keys: { readonly keys: readonly object[] } | null) {
  const { readJson } = await import('../tickDocument.ts');
  const kept = (await readJson(file)) as {
    readonly jws?: unknown;
    readonly keys?: { readonly keys: object[] };
  };
  const by = keys ?? kept.keys;
  const signed = typeof kept.jws === 'string' && by ? await verifySignedHead(kept.jws, by) : null;
  if (signed === null)
    throw new CommandError(`${file} holds no head that one of its keys has signed`, EXIT.checkFailed);
  return signed;
}

function refuse({ io, options }: Invocation, fault: ChainFault | null): void {
  if (fault === null) return;
  if (flagOf(options, 'json')) io.out(JSON.stringify({ ok: false, fault }));
  throw new CommandError(`the chain breaks at ${fault.at}: it ${fault.fault}`, EXIT.checkFailed);
}
