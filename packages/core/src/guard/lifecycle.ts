import type { CallContext, CallOptions } from "../driver/call-context.js";
import type { DriverManifest } from "../driver/manifest.js";
import type { FacetedBackend } from "../driver/storage-backend.js";
import { SouthboundError } from "../errors/southbound-error.js";
import type { CallEnvironment } from "./call-environment.js";
import type { BoundedCallOptions, CallSpec } from "./call-limits.js";
import { createInFlight } from "./in-flight.js";
import { runCall } from "./run-call.js";

/** The backend of a driver that is set up, and what ends its calls when it is closed. */
export interface OpenBackend {
  readonly backend: FacetedBackend;
  readonly manifest: DriverManifest;
  /** Fires when `unset` has waited long enough for running calls. */
  readonly stop: AbortSignal;
}

/** From configured to set up to closed, any number of times. */
export interface Lifecycle {
  setup(options: CallOptions | undefined): Promise<OpenBackend>;
  unset(options: CallOptions | undefined): Promise<void>;
  /** The backend, for one call; FAILED_PRECONDITION `not-set-up` before `setup`, `closing` while `unset` runs. */
  opened(spec: CallSpec): OpenBackend;
  /** The backend if there is one: for what may be asked at any time. */
  current(): OpenBackend | undefined;
  /** Counts a running call, so that `unset` waits for it. */
  track<Value>(call: Promise<Value>): Promise<Value>;
}

/** Part of `unset`'s time that running calls get to end by themselves; the rest is for ending them. */
const patienceShare = 0.75;

/** Makes the lifecycle of one configured backend. */
export function createLifecycle(
  name: string,
  defaultTimeoutMs: number | undefined,
  environment: CallEnvironment,
  connect: (ctx: CallContext<"setup">) => Promise<Omit<OpenBackend, "stop">>,
): Lifecycle {
  let open: (OpenBackend & { readonly controller: AbortController }) | undefined;
  // A connection that comes after its callers have gone is closed at once: the next setup need not wait for it.
  const settingUp = createInFlight(environment, 0);
  let closing = false;
  const running = new Set<Promise<unknown>>();
  const setupSpec: CallSpec<"setup"> = { operation: "setup", backend: name, defaultTimeoutMs };
  const unsetSpec: CallSpec<"unset"> = { operation: "unset", backend: name, defaultTimeoutMs };

  const setUp = async (ctx: CallContext<"setup">): Promise<OpenBackend> => {
    if (open !== undefined && !closing) return open;
    const { backend, manifest } = await connect(ctx);
    if (ctx.signal.aborted) {
      // Every caller has gone: nobody would ever close it.
      await backend.close();
      ctx.signal.throwIfAborted();
    }
    const controller = new AbortController();
    open = { backend, manifest, controller, stop: controller.signal };
    closing = false;
    return open;
  };

  const drain = async (ctx: CallContext<"unset">, controller: AbortController): Promise<void> => {
    const timer = setTimeout(() => controller.abort(), ctx.remainingMs() * patienceShare);
    try {
      while (running.size > 0) await Promise.allSettled(running);
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    setup: async (options) => {
      if (open !== undefined && !closing) return open;
      // Callers at once share one connection, each with its own patience: the first to give up ends nothing for the others.
      return settingUp.run(setupSpec, { subject: name, scope: "*", request: undefined }, options, setUp);
    },
    unset: (options) =>
      runCall(unsetSpec, environment, options, async (ctx) => {
        if (open === undefined) return;
        const { backend, controller } = open;
        closing = true;
        await drain(ctx, controller);
        open = undefined;
        closing = false;
        await backend.close();
      }),
    opened: (spec) => {
      if (open !== undefined && !closing) return open;
      const [reason, message] = closing
        ? ["closing", "the driver is being closed; no new calls"]
        : ["not-set-up", "the driver is not set up; call setup() first"];
      throw new SouthboundError("FAILED_PRECONDITION", reason, `${spec.operation}: ${message}`, { ...spec, outcome: "none" });
    },
    current: () => (closing ? undefined : open),
    track: async (call) => {
      running.add(call);
      try {
        return await call;
      } finally {
        running.delete(call);
      }
    },
  };
}

/** Adds a signal that ends a call besides its caller's own. */
export function withStop(options: BoundedCallOptions | undefined, stop: AbortSignal): BoundedCallOptions {
  return { ...options, alsoEndedBy: [...(options?.alsoEndedBy ?? []), stop] };
}
