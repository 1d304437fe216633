// Traces of calls (W3C Trace Context). A part of ports.ts, which shows it. Invariant: a trace decides nothing and is in no digest.

import type { RequestId } from '../scheduler/index.ts';

/** `00-<trace id>-<span id>-<flags>`. */
export type TraceParent = string;

export interface TracedCall {
  /** Of the call itself: what it sets going belongs under it. */
  readonly traceParent: TraceParent;
  end(status: number): void;
}

export interface CallTracing {
  /** `parent`: what the caller sent, if it is sound. */
  start(call: {
    readonly method: string;
    readonly route: string;
    readonly parent: TraceParent | null;
  }): TracedCall;
}

/** The trace that each request came in; without an entry it came in none. */
export interface TraceReader {
  tracesOf(requests: readonly RequestId[]): Promise<ReadonlyMap<RequestId, TraceParent>>;
}
