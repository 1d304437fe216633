// Webhooks in memory, for simulations and tests: what the database's rows do, under the same contract.

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
import type { DomainEvent, Instant } from '../../scheduler/index.ts';
import { decodeCursor, encodeCursor } from '../postgres/cursor.ts';

interface Delivery {
  readonly event: DomainEvent;
  state: WebhookDelivery['state'];
  attempts: number;
  notBefore: Instant;
  heldUntil: Instant;
  error: string | null;
}

interface Row {
  readonly webhook: Webhook;
  readonly secret: string;
  readonly after: number;
  readonly deliveries: Map<number, Delivery>;
}

export interface MemoryWebhooksOptions {
  readonly now: () => Instant;
  /** Newest committed sequence of a cell. */
  readonly last: (cell: string) => Promise<number>;
}

export class MemoryWebhooks implements Webhooks, WebhookBook {
  readonly #options: MemoryWebhooksOptions;
  readonly #rows = new Map<string, Row>();

  constructor(options: MemoryWebhooksOptions) {
    this.#options = options;
  }

  async add(scope: Scope, asked: NewWebhook, mostPerDepartment: number): Promise<Webhook | null> {
    const { department } = scope;
    const own = [...this.#rows.values()].filter(({ webhook }) => webhook.department === department);
    if (own.length >= mostPerDepartment) return null;
    const { secret, ...rest } = asked;
    const webhook = { ...rest, department, createdAt: this.#options.now() };
    const after = await this.#options.last(asked.cell);
    this.#rows.set(asked.id, { webhook, secret, after, deliveries: new Map() });
    return webhook;
  }

  async webhook(scope: Scope, id: string): Promise<Webhook | null> {
    return this.#seen(scope, id)?.webhook ?? null;
  }

  async webhooks(scope: Scope, { limit, after }: PageQuery): Promise<Page<Webhook>> {
    const below = after === null ? '~' : decodeCursor(after);
    const found = [...this.#rows.values()]
      .filter(({ webhook }) => webhook.id < below && this.#seen(scope, webhook.id) !== null)
      .map(({ webhook }) => webhook)
      .toSorted((a, b) => (a.id > b.id ? -1 : 1));
    const items = found.slice(0, limit);
    const last = items.at(-1);
    return { items, next: found.length > limit && last ? encodeCursor(last.id) : null };
  }

  async remove(scope: Scope, id: string): Promise<boolean> {
    return this.#seen(scope, id) !== null && this.#rows.delete(id);
  }

  async deliveries(
    scope: Scope,
    id: string,
    { limit, after, state }: PageQuery & { state?: WebhookDelivery['state'] },
  ): Promise<Page<WebhookDelivery>> {
    const above = after === null ? 0 : Number(decodeCursor(after)) || 0;
    const found = [...(this.#seen(scope, id)?.deliveries ?? [])]
      .filter(([sequence, delivery]) => sequence > above && (state ?? delivery.state) === delivery.state)
      .toSorted(([a], [b]) => a - b);
    const page = found.slice(0, limit);
    const items = page.map(([, { heldUntil: _, ...delivery }]) => delivery);
    const last = page.at(-1);
    return { items, next: found.length > limit && last ? encodeCursor(String(last[0])) : null };
  }

  async retry(scope: Scope, id: string): Promise<number> {
    const dead = [...(this.#seen(scope, id)?.deliveries.values() ?? [])].filter(
      ({ state }) => state === 'dead',
    );
    for (const delivery of dead)
      Object.assign(delivery, {
        state: 'pending',
        attempts: 0,
        notBefore: this.#options.now(),
        heldUntil: 0,
      });
    return dead.length;
  }

  async fanOut(cell: string, events: readonly DomainEvent[]): Promise<void> {
    for (const event of events) {
      for (const { webhook, after, deliveries } of this.#rows.values()) {
        if (webhook.cell !== cell || webhook.department !== event.department || event.sequence <= after)
          continue;
        if (webhook.types !== null && !webhook.types.includes(event.type)) continue;
        if (deliveries.has(event.sequence)) continue;
        const notBefore = this.#options.now();
        deliveries.set(event.sequence, {
          event,
          state: 'pending',
          attempts: 0,
          notBefore,
          heldUntil: 0,
          error: null,
        });
      }
    }
  }

  async due(
    cell: string,
    { rowsMax, holdMs }: { rowsMax: number; holdMs: number },
  ): Promise<readonly DueDelivery[]> {
    const now = this.#options.now();
    const due: DueDelivery[] = [];
    for (const { webhook, secret, deliveries } of this.#rows.values()) {
      if (webhook.cell !== cell) continue;
      const requests = new Set<string>();
      for (const [sequence, delivery] of [...deliveries].toSorted(([a], [b]) => a - b)) {
        if (delivery.state !== 'pending' || requests.has(delivery.event.request)) continue;
        requests.add(delivery.event.request);
        if (delivery.notBefore > now || delivery.heldUntil > now || due.length >= rowsMax) continue;
        delivery.attempts += 1;
        delivery.heldUntil = now + holdMs;
        const { event, attempts } = delivery;
        due.push({ webhook: webhook.id, sequence, url: webhook.url, secret, event, attempts });
      }
    }
    return due;
  }

  async delivered({ webhook, sequence }: Pick<DueDelivery, 'webhook' | 'sequence'>): Promise<void> {
    this.#rows.get(webhook)?.deliveries.delete(sequence);
  }

  async failed(
    { webhook, sequence }: Pick<DueDelivery, 'webhook' | 'sequence'>,
    { error, againInMs }: { error: string; againInMs: number | null },
  ): Promise<void> {
    const delivery = this.#rows.get(webhook)?.deliveries.get(sequence);
    if (delivery === undefined) return;
    const state = againInMs === null ? 'dead' : 'pending';
    Object.assign(delivery, {
      state,
      error,
      heldUntil: 0,
      notBefore: this.#options.now() + (againInMs ?? 0),
    });
  }

  #seen(scope: Scope, id: string): Row | null {
    const row = this.#rows.get(id);
    return row && (scope.type === 'all' || row.webhook.department === scope.department) ? row : null;
  }
}
