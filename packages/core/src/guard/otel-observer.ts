import type { Context, Histogram, Span, Tracer } from "@opentelemetry/api";
import type { CallObserver } from "./observe.js";

const instrumentationName = "@opensds/core";

/**
 * Makes a span and a duration measurement of every call, through the OpenTelemetry API that the process has: whatever SDK is set up gets
 * them, and without one they cost next to nothing. Undefined where no API is installed: then there is no SDK either. Loaded when
 * backends are opened, not when this package is imported.
 */
export async function openTelemetryObserver(): Promise<CallObserver | undefined> {
  const api = await import("@opentelemetry/api").catch(missing);
  if (api === undefined) return undefined;
  const { context, metrics, SpanKind, SpanStatusCode, trace } = api;
  const tracer: Tracer = trace.getTracer(instrumentationName);
  const duration: Histogram = metrics.getMeter(instrumentationName).createHistogram("opensds.call.duration", {
    unit: "s",
    description: "How long southbound calls take",
  });

  return {
    begin: ({ operation, backend, resource }) => {
      const attributes = {
        "opensds.operation": operation,
        ...(backend !== undefined && { "opensds.backend": backend }),
      };
      const span: Span = tracer.startSpan(`opensds ${operation}`, {
        kind: SpanKind.CLIENT,
        attributes: { ...attributes, ...(resource !== undefined && { "opensds.resource": resource }) },
      });
      const inside: Context = trace.setSpan(context.active(), span);
      return {
        within: (work) => context.with(inside, work),
        slow: (durationMs) => span.addEvent("slow", { "opensds.duration_ms": durationMs }),
        end: ({ durationMs, error, late }) => {
          if (error !== undefined) {
            span.setStatus({ code: SpanStatusCode.ERROR, message: error.reason });
            span.setAttributes({ "error.type": error.code, "opensds.reason": error.reason, "opensds.outcome": error.outcome });
          }
          if (late) span.setAttribute("opensds.late", true);
          span.end();
          duration.record(durationMs / 1_000, { ...attributes, ...(error !== undefined && { "error.type": error.code }) });
        },
      };
    },
  };
}

/** The package is an optional peer. One that is there and broken is somebody's to mend. */
function missing(error: unknown): undefined {
  if (error instanceof Error && "code" in error && (error.code === "ERR_MODULE_NOT_FOUND" || error.code === "MODULE_NOT_FOUND")) return undefined;
  throw error;
}
