// Is every request accounted for? The bench's book against the database's rows, one by one.
// Invariant: `lost` counts accepted requests without a row, without a Decision, or whose stream never told one. Called by httpRun.ts and drainRun.ts.

import type { Book } from './book.ts';
import type { Subject } from './subject.ts';

export interface Conservation {
  readonly sent: number;
  /** Not taken: an answer other than 202. They are not lost: the agent knows. */
  readonly refused: number;
  readonly accepted: number;
  /** No answer at all. */
  readonly unanswered: number;
  readonly states: Readonly<Record<string, number>>;
  readonly lost: number;
  /** Rows whose state is not what the stream last told. */
  readonly disagreements: number;
  /** Rows that no answer of ours named. */
  readonly strangers: number;
}

export async function conservationOf(subject: Pick<Subject, 'query'>, book: Book): Promise<Conservation> {
  const rows = await subject.query<{ id: string; state: string }>('request-states');
  const stored = new Map(rows.map(({ id, state }) => [id, state]));
  const states: Record<string, number> = {};
  let lost = 0;
  let disagreements = 0;
  for (const [id, entry] of book.byId) {
    const state = stored.get(id);
    if (state === undefined || state === 'queued' || entry.decidedMs === null) lost += 1;
    else if (state !== entry.state) disagreements += 1;
    states[state ?? 'absent'] = (states[state ?? 'absent'] ?? 0) + 1;
  }
  const sent = book.entries.length;
  const accepted = book.byId.size;
  const refused = book.entries.filter(({ refusal }) => refusal !== null).length;
  return {
    sent,
    refused,
    accepted,
    unanswered: sent - accepted - refused,
    states,
    lost,
    disagreements,
    strangers: rows.filter(({ id }) => !book.byId.has(id)).length,
  };
}
