// Webhooks in PostgreSQL: made and read under their department's scope; deliveries as rows that whoever delivers holds for a while.
// Invariant: a secret comes sealed, is written once and read by who signs alone. Called by the edge (PostgresWebhooks) and the process of side jobs.

import type {
  DueDelivery,
  NewWebhook,
  Page,
  PageQuery,
  Scope,
  Webhook,
  WebhookBook,
  WebhookDelivery,
  Webhooks,
} from '../../api/ports.ts';
import type { DomainEvent } from '../../scheduler/index.ts';
import type { Queries, QueryPool } from './connection.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { ownerOf } from './narrowing.ts';

export class PostgresWebhooks implements Webhooks {
  readonly #reader: QueryPool;
  readonly #writer: Queries;

  constructor(reader: QueryPool, writer: Queries) {
    this.#reader = reader;
    this.#writer = writer;
  }

  async add(scope: Scope, webhook: NewWebhook, mostPerDepartment: number): Promise<Webhook | null> {
    const { id, cell, subject, url, types, secret } = webhook;
    const values = [id, cell, scope.department, subject, url, types, secret, mostPerDepartment];
    const [row] = await this.#writer.run<Webhook & Record<string, unknown>>('webhook-add', values);
    return row ?? null;
  }

  async webhook(scope: Scope, id: string): Promise<Webhook | null> {
    if (id.includes('\0')) return null;
    const [row] = await this.#read<Webhook>(scope, 'webhook-one', [id]);
    return row ?? null;
  }

  async webhooks(scope: Scope, { limit, after }: PageQuery): Promise<Page<Webhook>> {
    const below = after === null ? '~' : decodeCursor(after);
    const rows = await this.#read<Webhook>(scope, 'webhook-list', [below, limit + 1]);
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return { items, next: rows.length > limit && last ? encodeCursor(last.id) : null };
  }

  async remove(scope: Scope, id: string): Promise<boolean> {
    const values = [id, ownerOf(scope).department];
    return (await this.#writer.run('webhook-remove', values)).length > 0;
  }

  async deliveries(
    scope: Scope,
    id: string,
    { limit, after, state }: PageQuery & { state?: WebhookDelivery['state'] },
  ): Promise<Page<WebhookDelivery>> {
    const above = after === null ? 0 : Number(decodeCursor(after)) || 0;
    const values = [id, above, state ?? null, limit + 1];
    const rows = await this.#read<WebhookDelivery & { sequence: number }>(
      scope,
      'webhook-deliveries',
      values,
    );
    const items = rows.slice(0, limit).map(({ sequence: _, ...delivery }) => delivery);
    const last = rows[items.length - 1];
    return { items, next: rows.length > limit && last ? encodeCursor(String(last.sequence)) : null };
  }

  async retry(scope: Scope, id: string): Promise<number> {
    return (await this.#writer.run('webhook-retry', [id, ownerOf(scope).department])).length;
  }

  #read<Row extends object>(scope: Scope, name: string, values: readonly unknown[]): Promise<Row[]> {
    return this.#reader.transaction<Row & Record<string, unknown>>([
      ['scope', [scope.type, scope.department]],
      [name, values],
    ]);
  }
}

export class PostgresWebhookBook implements WebhookBook {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  async fanOut(cell: string, events: readonly DomainEvent[]): Promise<void> {
    await this.#queries.run('webhook-fan-out', [cell, JSON.stringify(events)]);
  }

  async due(
    cell: string,
    { rowsMax, holdMs }: { rowsMax: number; holdMs: number },
  ): Promise<readonly DueDelivery[]> {
    return this.#queries.run<DueDelivery & Record<string, unknown>>('webhook-due', [cell, rowsMax, holdMs]);
  }

  async delivered({ webhook, sequence }: Pick<DueDelivery, 'webhook' | 'sequence'>): Promise<void> {
    await this.#queries.run('webhook-delivered', [webhook, sequence]);
  }

  async failed(
    { webhook, sequence }: Pick<DueDelivery, 'webhook' | 'sequence'>,
    { error, againInMs }: { error: string; againInMs: number | null },
  ): Promise<void> {
    await this.#queries.run('webhook-failed', [webhook, sequence, error.slice(0, 500), againInMs]);
  }
}
