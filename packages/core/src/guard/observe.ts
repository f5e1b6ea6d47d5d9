import { channel, type Channel } from "node:diagnostics_channel";
import type { Operation } from "../errors/operations.js";
import type { SouthboundError } from "../errors/southbound-error.js";
import type { CallSpec } from "./call-limits.js";
import { normaliseError } from "./normalise-error.js";

/** A call as observers see it. Holds no request and no secret. */
export interface ObservedCall {
  readonly operation: Operation;
  readonly backend: string | undefined;
  /** What it is done to: a name, an id, a directory. */
  readonly resource: string | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
}

/** How a call ended. */
export interface CallEnd extends ObservedCall {
  readonly durationMs: number;
  readonly error: SouthboundError | undefined;
  /** Whether every caller had given up by then: what it did, it did unseen. */
  readonly late: boolean;
}

/** One call under watch. */
export interface WatchedCall {
  /** Runs the call's work, in a context of the observer's own if it has one (a span that inner spans belong to). */
  within?<Value>(work: () => Promise<Value>): Promise<Value>;
  /** The call has been running for long. */
  slow?(durationMs: number): void;
  /** The call has ended, well or badly. */
  end(end: CallEnd): void;
}

/** Somebody who watches calls. What it throws would break calls, so it must not throw. */
export interface CallObserver {
  /** A call begins; what it returns hears of the rest. */
  begin(call: ObservedCall): WatchedCall;
}

/**
 * The channels of `node:diagnostics_channel` that every call is told on: `start` with an {@link ObservedCall}, `slow` and `end` with a
 * {@link CallEnd} or the time so far. Nothing is built when nobody subscribes.
 */
export const callChannels: Readonly<Record<"start" | "slow" | "end", Channel>> = {
  start: channel("opensds:call:start"),
  slow: channel("opensds:call:slow"),
  end: channel("opensds:call:end"),
};

/** Tells calls on {@link callChannels}. */
export const channelObserver: CallObserver = {
  begin: (call) => {
    if (callChannels.start.hasSubscribers) callChannels.start.publish(call);
    return {
      slow: (durationMs) => {
        if (callChannels.slow.hasSubscribers) callChannels.slow.publish({ ...call, durationMs });
      },
      end: (end) => {
        if (callChannels.end.hasSubscribers) callChannels.end.publish(end);
      },
    };
  },
};

/** Runs a call's work under the eyes of all observers. */
export async function observeCall<Value>(
  spec: CallSpec,
  observers: readonly CallObserver[],
  slowCallMs: number,
  work: () => Promise<Value>,
  isLate: () => boolean,
): Promise<Value> {
  const call: ObservedCall = { operation: spec.operation, backend: spec.backend, resource: spec.resource, startedAtMs: Date.now() };
  const begin = performance.now();
  const watched = observers.map((observer) => observer.begin(call));
  const timer = setTimeout(() => {
    for (const watch of watched) watch.slow?.(performance.now() - begin);
  }, slowCallMs);
  // A slow call must not keep a process alive that has nothing else to do.
  timer.unref();
  const end = (error: SouthboundError | undefined): void => {
    clearTimeout(timer);
    const outcome: CallEnd = { ...call, durationMs: performance.now() - begin, error, late: isLate() };
    for (const watch of watched) watch.end(outcome);
  };
  const inContext = watched.reduceRight<() => Promise<Value>>((inner, watch) => () => watch.within?.(inner) ?? inner(), work);
  try {
    const value = await inContext();
    end(undefined);
    return value;
  } catch (thrown) {
    const error = normaliseError(thrown, spec);
    end(error);
    throw error;
  }
}
