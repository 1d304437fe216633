// Spans of what Annona does, over the OpenTelemetry API: calls, writes to the intake, ticks with their phases, Decisions in the traces of their requests.
// Invariant: an observer: it never throws into a tick and holds none up; spans of a tick are made when it has been committed, from its record.
// Made by api/roles/openTelemetry.ts, where a collector is named.

import {
  type Context,
  context as contexts,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { CallTracing, IntakeWriter, TraceParent, TraceReader } from '../../api/ports.ts';
import type { CommitObserver, RequestId, TickCommit } from '../../scheduler/index.ts';

/** A tick may decide on thousands; a span has 128 links at most. */
const LINKS_MAX = 128;
const PHASES = ['fold', 'gate', 'formulate', 'solve', 'decode'] as const;

export function traceCalls(tracer: Tracer): CallTracing {
  return {
    start({ method, route, parent }) {
      const span = tracer.startSpan(
        `${method} ${route}`,
        { kind: SpanKind.SERVER, attributes: { 'http.request.method': method, 'http.route': route } },
        contextOf(parent),
      );
      return {
        traceParent: formatParent(span.spanContext()),
        end(status) {
          span.setAttribute('http.response.status_code', status);
          if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
  };
}

/** One span for each trace of a write: from the call until after the COMMIT. */
export function traceIntake(writer: IntakeWriter, tracer: Tracer): IntakeWriter {
  return {
    known: (cell, agent, key) => writer.known(cell, agent, key),
    async write(items) {
      const parents = new Set(items.flatMap(({ traceParent }) => (traceParent ? [traceParent] : [])));
      const attributes = { 'annona.intake.items': items.length };
      const spans = [...parents].map((parent) =>
        tracer.startSpan('intake.write', { attributes }, contextOf(parent)),
      );
      try {
        return await writer.write(items);
      } catch (error) {
        for (const span of spans) span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        for (const span of spans) span.end();
      }
    },
  };
}

export interface TickTracingParts {
  readonly tracer: Tracer;
  readonly traces: TraceReader;
  /** Milliseconds since 1970, of this machine: spans are placed by it. */
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/** A span a tick with its phases, linked to the requests that it decided; and in the trace of each of them its Decision, linked to the tick. */
export function traceTicks({ tracer, traces, now, onError }: TickTracingParts): CommitObserver {
  return {
    committed(commit) {
      const endedAt = now();
      const decided = decisionsOf(commit);
      void traces
        .tracesOf([...decided.keys()])
        .then((known) => record(tracer, { commit, endedAt, decided, known }))
        .catch(onError);
    },
  };
}

interface Recorded {
  readonly commit: TickCommit;
  readonly endedAt: number;
  readonly decided: ReadonlyMap<RequestId, string>;
  readonly known: ReadonlyMap<RequestId, TraceParent>;
}

function record(tracer: Tracer, { commit, endedAt, decided, known }: Recorded): void {
  const { record: tick } = commit;
  const phases = PHASES.map((name) => ({ name, ms: tick.timings[`${name}Ms`] }));
  const startedAt = endedAt - phases.reduce((sum, { ms }) => sum + ms, 0);
  const links = [...known.values()].slice(0, LINKS_MAX).flatMap(linkTo);
  const attributes = {
    'annona.cell': commit.cell,
    'annona.tick': tick.tick,
    'annona.epoch': commit.epoch,
    'annona.termination': tick.termination,
    'annona.decisions': decided.size,
  };
  const span = tracer.startSpan('tick', { root: true, startTime: startedAt, links, attributes });
  const inTick = trace.setSpan(ROOT_CONTEXT, span);
  let at = startedAt;
  for (const { name, ms } of phases) {
    tracer.startSpan(`tick.${name}`, { startTime: at }, inTick).end(at + ms);
    at += ms;
  }
  span.end(endedAt);
  const toTick = [{ context: span.spanContext() }];
  for (const [request, parent] of known) {
    const outcome = decided.get(request) ?? '';
    const of = { 'annona.request': request, 'annona.outcome': outcome, 'annona.tick': tick.tick };
    tracer
      .startSpan('decision', { startTime: startedAt, links: toTick, attributes: of }, contextOf(parent))
      .end(endedAt);
  }
}

function decisionsOf({ changes }: TickCommit): Map<RequestId, string> {
  return new Map(
    changes.flatMap((change) => (change.type === 'decided' ? [[change.request, change.outcome]] : [])),
  );
}

function linkTo(parent: TraceParent): { context: SpanContext }[] {
  const context = parseParent(parent);
  return context === null ? [] : [{ context }];
}

function contextOf(parent: TraceParent | null): Context {
  const remote = parent === null ? null : parseParent(parent);
  return remote === null ? ROOT_CONTEXT : trace.setSpanContext(contexts.active(), remote);
}

function parseParent(text: TraceParent): SpanContext | null {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

function formatParent({ traceId, spanId, traceFlags }: SpanContext): TraceParent {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
