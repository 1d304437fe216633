// The OpenTelemetry SDK, loaded where a collector is named and nowhere else: without one nothing of it is in the process.
// Invariant: a collector that is away costs spans and nothing else. Called by server.ts and edgeProcess.ts.

import type { Tracer } from '@opentelemetry/api';

export interface OpenTelemetry {
  readonly tracer: Tracer;
  /** Sends what is left. */
  close(): Promise<void>;
}

const TRACES_PATH = '/v1/traces';
const EXPORT_MS = 2000;
const PACE_MS = 1000;

/** `url`: of the collector's OTLP over HTTP, as `http://127.0.0.1:4318`; null without one. */
export async function openTelemetry(
  url: string | undefined,
  service: { readonly role: string; readonly version: string },
): Promise<OpenTelemetry | null> {
  if (url === undefined) return null;
  const [{ BatchSpanProcessor, TracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const exporter = new OTLPTraceExporter({ url: new URL(TRACES_PATH, url).href, timeoutMillis: EXPORT_MS });
  const resource = resourceFromAttributes({
    'service.name': 'annona',
    'service.version': service.version,
    'service.instance.role': service.role,
  });
  const processor = new BatchSpanProcessor({ exporter, scheduledDelayMillis: PACE_MS });
  const provider = new TracerProvider({ resource, spanProcessors: [processor] });
  return {
    tracer: provider.getTracer('annona', service.version),
    close: () => provider.shutdown().catch(() => {}),
  };
}
