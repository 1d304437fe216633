// The door of the client (`annona/client`): submit, wait, hold, follow and edit over HTTP, from Node or a browser. docs/client.md shows it.
// Used by the command line, the sample agents, the trace replay and whoever writes an agent.

export type { ClientOptions, Query, RetryOptions } from './calls.ts';
export { type AnnonaClient, createClient } from './client.ts';
export {
  type AppliedEvents,
  createDeliveries,
  type Deliveries,
  type Delivery,
  type DeliveryCounts,
  rememberApplied,
  type StreamedRecord,
} from './deliveries.ts';
export type { Edit, Edits, Versioned } from './edits.ts';
export { createFence, type Fence, StaleEpochError } from './fence.ts';
export type { EventsOptions } from './follow.ts';
export type { KeepAliveEnd, KeepAliveOptions, KeptAlive } from './keepAlive.ts';
export type { ListOptions } from './lists.ts';
export { type Problem, type ProblemDetail, ProblemError, UnreachableError } from './problem.ts';
export type * from './shapes.ts';
export { parseServerSentEvents, type ServerSentEvent } from './sse.ts';
export { hasOutcome, type WaitOptions } from './wait.ts';
export { SIGNATURE_HEADER, verifyWebhook, type WebhookCall } from './webhook.ts';
