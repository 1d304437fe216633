// A server's history, asked for in pages and given as the lines of a history file: from the checkpoint before the first tick on.
// Invariant: a tick's configuration comes before it, once; the head comes after the last seal. Called by `annona record` and `annona verify`.

import { type Configuration, checkpointHead } from '../../../scheduler/index.ts';
import type { AnnonaClient } from '../../client/index.ts';
import { ProblemError } from '../../client/index.ts';
import type { AuditHead, TickHistory } from '../../ports.ts';
import { HISTORY_FORMAT, type HistoryLine, type SealedEntries, unpacked } from './historyLines.ts';

export interface HistoryRange {
  readonly from: number;
  readonly to: number;
  /** With seals and head: for those who may read the audit. */
  readonly audit: boolean;
  /** Without: from `from` on, whatever stood before. */
  readonly checkpoint: boolean;
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

const SEALS_A_PAGE = 100;
/** A record may hold a quarter of a megabyte of proof for each class. */
const TICKS_A_PAGE = 20;

export async function* serverHistory(client: AnnonaClient, range: HistoryRange): AsyncGenerator<HistoryLine> {
  const known = new Set<string>();
  const configuration = async function* (revision: string): AsyncGenerator<HistoryLine> {
    if (known.has(revision)) return;
    known.add(revision);
    const document = await client.get(`/v1/history/configurations/${revision}`);
    yield { type: 'configuration', document: document as unknown as Configuration };
  };
  const kept = range.checkpoint && range.from > 1 ? await checkpointBefore(client, range.from) : null;
  const after = range.checkpoint ? (kept?.tick ?? 0) : range.from - 1;
  let ticks = 0;
  let seals = 0;
  for await (const page of pages<TickHistory>(client, '/v1/history/ticks', {
    after: `${after}`,
    through: `${range.to}`,
    limit: `${TICKS_A_PAGE}`,
  })) {
    const [first] = page;
    if (ticks === 0 && first !== undefined) {
      const { cell } = first.record;
      yield { type: 'history', format: HISTORY_FORMAT, cell, from: range.from, to: range.to };
      if (kept !== null) {
        yield* configuration(checkpointHead(kept.text).configuration);
        yield kept;
      }
    }
    for (const tick of page) {
      const { configurationRevision, inputs } = tick.record;
      if (inputs?.carried?.configuration !== undefined) yield* configuration(inputs.carried.configuration);
      yield* configuration(configurationRevision);
      yield { type: 'tick', ...tick };
      ticks += 1;
    }
  }
  if (range.audit) {
    for await (const page of pages<SealedEntries>(client, '/v1/audit/seals', { limit: `${SEALS_A_PAGE}` }))
      for (const seal of page) {
        yield { type: 'seal', ...seal };
        seals += 1;
      }
    const head = (await client.get('/v1/audit/head')) as unknown as {
      head: AuditHead;
      jws: string;
      keys: { keys: object[] };
    };
    yield { type: 'head', ...head };
  }
  yield { type: 'end', ticks, seals };
}

async function* pages<Item>(
  client: AnnonaClient,
  path: string,
  query: Readonly<Record<string, string>>,
): AsyncGenerator<readonly Item[]> {
  for (let after = query.after ?? '0'; ; ) {
    const page = (await client.get(path, { ...query, after })) as unknown as Page<Item>;
    yield page.items;
    if (page.next === null) return;
    after = page.next;
  }
}

async function checkpointBefore(
  client: AnnonaClient,
  tick: number,
): Promise<Extract<HistoryLine, { type: 'checkpoint' }> | null> {
  try {
    const found = await client.get(`/v1/history/checkpoints/${tick - 1}`);
    return unpacked('the server', found as object) as Extract<HistoryLine, { type: 'checkpoint' }>;
  } catch (error) {
    if (error instanceof ProblemError && error.problem.status === 404) return null;
    throw error;
  }
}
