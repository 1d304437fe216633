// Webhooks: events of a department, sent to where it wants them. A part of ports.ts, which shows it.
// Invariant: a delivery is a row from the moment that its event was seen until it was taken or given up; in order per request.

import type { DepartmentId, DomainEvent, EventType, Instant } from '../scheduler/index.ts';
import type { Page, PageQuery, Scope } from './ports.ts';

export interface Webhook {
  readonly id: string;
  readonly cell: string;
  readonly department: DepartmentId;
  readonly subject: string;
  readonly url: string;
  /** Null: all of them. */
  readonly types: readonly EventType[] | null;
  readonly createdAt: Instant;
}

export interface NewWebhook extends Omit<Webhook, 'createdAt' | 'department'> {
  /** Sealed: it is stored as it comes. */
  readonly secret: string;
}

export interface WebhookDelivery {
  readonly event: DomainEvent;
  readonly state: 'pending' | 'dead';
  readonly attempts: number;
  readonly notBefore: Instant;
  readonly error: string | null;
}

/** As the edge sees webhooks. */
export interface Webhooks {
  /** Events that are committed from now on are delivered. Null: the department has as many as it may. */
  add(scope: Scope, webhook: NewWebhook, mostPerDepartment: number): Promise<Webhook | null>;
  webhook(scope: Scope, id: string): Promise<Webhook | null>;
  /** Newest first. */
  webhooks(scope: Scope, query: PageQuery): Promise<Page<Webhook>>;
  /** With what is still to be delivered. False when there is none. */
  remove(scope: Scope, id: string): Promise<boolean>;
  /** What was not delivered yet, or given up, in the order of events. */
  deliveries(
    scope: Scope,
    id: string,
    query: PageQuery & { readonly state?: WebhookDelivery['state'] },
  ): Promise<Page<WebhookDelivery>>;
  /** Given up: pending once more, from the first attempt. Answers how many. */
  retry(scope: Scope, id: string): Promise<number>;
}

/** A delivery that is somebody's turn. */
export interface DueDelivery {
  readonly webhook: string;
  readonly sequence: number;
  readonly url: string;
  /** As it was stored; from before secrets were sealed, plain. */
  readonly secret: string;
  readonly event: DomainEvent;
  /** Counting this one. */
  readonly attempts: number;
}

/** As whoever delivers sees them. */
export interface WebhookBook {
  /** One row for each webhook that wants an event; once each, however often it is called. */
  fanOut(cell: string, events: readonly DomainEvent[]): Promise<void>;
  /** Of each webhook and request the oldest that is not delivered, if its time has come; nobody else gets them for `holdMs`. */
  due(
    cell: string,
    how: { readonly rowsMax: number; readonly holdMs: number },
  ): Promise<readonly DueDelivery[]>;
  delivered(delivery: Pick<DueDelivery, 'webhook' | 'sequence'>): Promise<void>;
  /** `againInMs` null: given up. */
  failed(
    delivery: Pick<DueDelivery, 'webhook' | 'sequence'>,
    failure: { readonly error: string; readonly againInMs: number | null },
  ): Promise<void>;
}

export type WebhookPosted =
  | { readonly ok: true; readonly status: number }
  | { readonly ok: false; readonly error: string };

/** Never throws; never connects to an address that is not public. */
export type WebhookPost = (sent: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}) => Promise<WebhookPosted>;
