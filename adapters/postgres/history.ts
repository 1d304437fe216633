// A cell's history in PostgreSQL: checkpoints as the leader writes them, and ticks with all that went in and came out.
// Invariant: a checkpoint is of a committed tick of the epoch that wrote it. Called by the runner and the edge.

import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { HistoryReader, StoredCheckpoint, TickHistory } from '../../api/ports.ts';
import type { CheckpointOf, CheckpointStore, Configuration } from '../../scheduler/index.ts';
import type { Queries } from './connection.ts';

const compress = promisify(gzip);
/** Of zlib's nine: a tenth of the size at a third of the default's time. It runs beside the event loop. */
const LEVEL = 3;
const HOUR_MS = 3_600_000;

export class PostgresCheckpoints implements CheckpointStore {
  readonly #queries: Queries;
  readonly #keepMs: number;

  constructor(queries: Queries, keepHours: number) {
    this.#queries = queries;
    this.#keepMs = keepHours * HOUR_MS;
  }

  async keep(
    { cell, tick, epoch, tickDigest }: CheckpointOf,
    pieces: AsyncIterable<string>,
  ): Promise<boolean> {
    const hash = createHash('sha256');
    const texts: string[] = [];
    let characters = 0;
    for await (const piece of pieces) {
      hash.update(piece);
      texts.push(piece);
      characters += piece.length;
    }
    const document = await compress(texts.join(''), { level: LEVEL });
    const values = [cell, tick, epoch, tickDigest, hash.digest('hex'), characters, document, this.#keepMs];
    const [row] = await this.#queries.run<{ kept: boolean }>('checkpoint-put', values);
    return row!.kept;
  }
}

export class PostgresHistory implements HistoryReader {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  async history(
    cell: string,
    { after, through, limit }: Parameters<HistoryReader['history']>[1],
  ): Promise<readonly TickHistory[]> {
    const rows = await this.#queries.run<TickHistory & { tick: number }>('history-ticks', [
      cell,
      after,
      through,
      limit,
    ]);
    return rows.map(({ record, rows: folded, events }) => ({ record, rows: folded, events }));
  }

  async checkpoint(cell: string, tick: number): Promise<StoredCheckpoint | null> {
    const [row] = await this.#queries.run<StoredCheckpoint & { [column: string]: unknown }>(
      'checkpoint-before',
      [cell, tick],
    );
    return row ?? null;
  }

  async configuration(cell: string, revision: string): Promise<Configuration | null> {
    const [row] = await this.#queries.run<{ document: Configuration }>('configuration-one', [cell, revision]);
    return row?.document ?? null;
  }
}
