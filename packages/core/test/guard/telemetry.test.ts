import { context, metrics, trace, type Span, type SpanContext, type Tracer } from "@opentelemetry/api";
import { AsyncLocalStorage } from "node:async_hooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLogger } from "../../src/driver/logger.js";
import { SouthboundError } from "../../src/errors/southbound-error.js";
import { openTelemetryObserver } from "../../src/guard/otel-observer.js";
import { runCall } from "../../src/guard/run-call.js";

interface Recorded {
  readonly name: string;
  readonly parent: string | undefined;
  readonly attributes: Record<string, unknown>;
  status?: string | undefined;
  ended: boolean;
}

const recorded: Recorded[] = [];
const measured: { readonly seconds: number; readonly attributes: unknown }[] = [];

/** The least of an SDK that the API accepts: spans with their parents, and one histogram. */
function registerSdk(): void {
  const names = new Map<string, string>();
  const storage = new AsyncLocalStorage<ReturnType<typeof context.active>>();
  const root = context.active();
  context.setGlobalContextManager({
    active: () => storage.getStore() ?? root,
    with: (active, work, thisArg, ...args) => storage.run(active, () => work.apply(thisArg, args)),
    bind: (_context, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
  const startSpan: Tracer["startSpan"] = (name, options, from = context.active()) => {
    const parentId = trace.getSpanContext(from)?.spanId;
    const entry: Recorded = { name, parent: parentId === undefined ? undefined : names.get(parentId), attributes: { ...options?.attributes }, ended: false };
    recorded.push(entry);
    const spanId = String(recorded.length).padStart(16, "0");
    names.set(spanId, name);
    const identity: SpanContext = { traceId: "1".padStart(32, "0"), spanId, traceFlags: 1 };
    const span: Span = {
      spanContext: () => identity,
      setAttribute: (key, value) => (Object.assign(entry.attributes, { [key]: value }), span),
      setAttributes: (attributes) => (Object.assign(entry.attributes, attributes), span),
      addEvent: () => span,
      addLink: () => span,
      addLinks: () => span,
      setStatus: ({ message }) => ((entry.status = message), span),
      updateName: () => span,
      end: () => void (entry.ended = true),
      isRecording: () => true,
      recordException: () => undefined,
    };
    return span;
  };
  const startActiveSpan = (): never => {
    throw new Error("not used");
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan }) });
  const noMeter = metrics.getMeter("none");
  const histogram = { record: (seconds: number, attributes: unknown) => void measured.push({ seconds, attributes }) };
  const meter = Object.assign(Object.create(noMeter) as typeof noMeter, { createHistogram: () => histogram });
  metrics.setGlobalMeterProvider({ getMeter: () => meter });
}

beforeAll(registerSdk);
afterAll(() => {
  trace.disable();
  metrics.disable();
  context.disable();
});

describe("OpenTelemetry", () => {
  it("gets a span per call, inner calls beneath outer ones, errors with their code, and durations in seconds", async () => {
    const observer = await openTelemetryObserver();
    if (observer === undefined) throw new Error("the API is installed here");
    const environment = { log: silentLogger, observers: [observer] };
    const outer = { operation: "attachVolume", backend: "ssd", resource: "v1" } as const;
    const inner = { operation: "connectVolume", backend: "ssd", resource: "v1" } as const;
    const failure = new SouthboundError("FAILED_PRECONDITION", "volume-attached-elsewhere", "host n2 has it", { outcome: "none" });
    const call = runCall(outer, environment, {}, (ctx) =>
      runCall(inner, environment, { signal: ctx.signal }, () => Promise.reject(failure)),
    );
    await expect(call).rejects.toMatchObject({ reason: "volume-attached-elsewhere" });

    expect(recorded.map(({ name, parent, ended, status }) => ({ name, parent, ended, status }))).toEqual([
      { name: "opensds attachVolume", parent: undefined, ended: true, status: "volume-attached-elsewhere" },
      { name: "opensds connectVolume", parent: "opensds attachVolume", ended: true, status: "volume-attached-elsewhere" },
    ]);
    expect(recorded[0]?.attributes).toMatchObject({
      "opensds.backend": "ssd",
      "opensds.resource": "v1",
      "error.type": "FAILED_PRECONDITION",
      "opensds.outcome": "none",
    });
    expect(measured).toHaveLength(2);
    expect(measured[0]?.seconds).toBeLessThan(5);
    expect(measured[1]?.attributes).toMatchObject({ "opensds.operation": "attachVolume", "error.type": "FAILED_PRECONDITION" });
  });
});
