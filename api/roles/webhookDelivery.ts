// Brings events to webhooks: the log becomes rows of deliveries, and each row one signed POST after another until it is taken or given up.
// Invariant: of one request nothing is sent before what came earlier was taken or given up; at least once, with the event's id to tell twice.
// Started by sideProcess.ts, in one process at a time.

import type { SecretBox } from '../../adapters/identity/secretBox.ts';
import { type Publisher, type RelayCursor, startRelay, type Timers } from '../../scheduler/index.ts';
import { signWebhook } from '../client/webhook.ts';
import { eventDocument } from '../http/hub.ts';
import type { DueDelivery, EventLog, WebhookBook, WebhookPost } from '../ports.ts';
import { type Background, inBackground } from './background.ts';
import { webhookSecretOf } from './secrets.ts';

export interface WebhookDeliveryParts {
  readonly cell: string;
  readonly log: EventLog;
  readonly cursor: RelayCursor;
  readonly book: WebhookBook;
  /** Opens what the edges have sealed; null where no key is known. */
  readonly box: SecretBox | null;
  readonly post: WebhookPost;
  /** For the signature's time. */
  readonly now: () => number;
  readonly timers: Timers;
  readonly say: (line: string) => void;
}

const SINK = 'webhooks';
const BATCH_MAX = 500;
const PACE = { pollMs: 500, backoffMs: 250, backoffMaxMs: 10_000 };
/** Deliveries under way at once: each may take three seconds, and none may keep the others waiting for long. */
const AT_ONCE = 16;
/** Longer than a delivery may take: then its process is gone, and it is due again. */
const HOLD_MS = 30_000;
const POLL_MS = 250;
/** After each attempt that failed; after the last it is given up. In all about three and a half hours. */
const AGAIN_MS = [1_000, 5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000];

export function startWebhookDelivery(parts: WebhookDeliveryParts): Background {
  const { cell, log, cursor, book, timers, say } = parts;
  const publisher: Publisher = {
    async publish(events) {
      await book.fanOut(cell, events);
      return { type: 'acknowledged' };
    },
    async bury(event) {
      throw new Error(`a row is never refused, and ${event.id} was`);
    },
  };
  const relay = startRelay(
    { log, cursor, publisher, timers },
    { cell, sink: SINK, batchMax: BATCH_MAX, ...PACE },
    (event) => {
      if (event.type === 'failure') say(`webhooks: ${event.error}; again in ${event.retryMs} ms`);
    },
  );
  const delivering = inBackground((signal) => deliver(parts, signal));
  return {
    async stop() {
      await relay.stop();
      await delivering.stop();
    },
  };
}

async function deliver(parts: WebhookDeliveryParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let taken = 0;
    try {
      const due = await parts.book.due(parts.cell, { rowsMax: AT_ONCE, holdMs: HOLD_MS });
      taken = due.length;
      await Promise.all(due.map((delivery) => deliverOne(parts, delivery)));
    } catch (error) {
      parts.say(`webhooks: ${error}`);
    }
    if (taken === 0) await parts.timers.sleep(POLL_MS, signal);
  }
}

async function deliverOne(parts: WebhookDeliveryParts, delivery: DueDelivery): Promise<void> {
  const { post, book, now, box } = parts;
  const { url, event, attempts } = delivery;
  const againInMs = AGAIN_MS[attempts - 1] ?? null;
  let secret: string;
  try {
    secret = webhookSecretOf(delivery, box);
  } catch (error) {
    return book.failed(delivery, { error: (error as Error).message, againInMs });
  }
  const body = JSON.stringify(eventDocument(event));
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'annona-webhook/1',
    'annona-webhook': delivery.webhook,
    'annona-event': event.id,
    'annona-attempt': String(attempts),
    ...(event.traceParent === undefined ? {} : { traceparent: event.traceParent }),
    'annona-signature': await signWebhook(secret, Math.floor(now() / 1000), body),
  };
  const posted = await post({ url, headers, body });
  if (posted.ok) return book.delivered(delivery);
  await book.failed(delivery, { error: posted.error, againInMs });
}
