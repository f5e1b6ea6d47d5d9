import type { Call } from "../../call.js";
import { CommandFailure, errno } from "../command-failure.js";
import type { Child } from "./child-process.js";
import type { OperationName, ReplyOf } from "./protocol.js";

/** How a request is asked. */
export interface RequestOptions {
  /** Whether it may change the cluster. */
  readonly changes: boolean;
  /** Whether librbd may take an image's lock for it: see `withLockWait`. */
  readonly mayWaitForLock?: boolean | undefined;
  /** The most milliseconds, within the call's own deadline. Default: the backend's `commandTimeoutMs`, and more where it may wait for a lock. */
  readonly atMostMs?: number | undefined;
}

/** The part of a call that a request needs; background work makes one of its own. */
export type Caller = Pick<Call, "changed"> & { readonly ctx: Pick<Call["ctx"], "signal" | "remainingMs"> };

/** A request that waits for the child's answer. */
export interface Pending {
  readonly number: number;
  readonly changes: boolean;
  send(child: Child): void;
  answer(reply: ReplyOf<OperationName>): void;
  fail(error: unknown): void;
  /** The child that works on it. */
  at: Child | undefined;
  /** Children that have died while they worked on it. */
  lost: number;
  /** Set when its child is ended for its sake. */
  failure: unknown;
}

/** What a kind of request sends, and what it makes of its answer. */
export type Work<Value> = (one: Pick<Pending, "number">, resolve: (value: Value) => void) => Pick<Pending, "send" | "answer">;

/** What the supervisor does for its requests. */
export interface RequestHooks {
  /** One more waits: it is sent, or a child is started for it. */
  added(): void;
  /** One fewer waits. */
  changed(): void;
  endChild(which: Child): void;
  /** The child goes on with a read that nobody waits for any more. */
  abandon(which: Child): void;
}

/** How long a request may take. */
interface Bounds {
  /** The call's. */
  readonly signal: AbortSignal;
  /** Milliseconds that the call has left. */
  readonly leftMs: number;
  /** The most milliseconds for this request. */
  readonly ownMs: number;
}

/** A change that was given up gets this long to end by itself, before its child is ended. */
const graceMs = 250;
/** How much later than its call a request ends by its own timer. */
const callSpeaksMs = 1_000;

/**
 * Puts a request among those that wait, and settles when it is answered, fails, runs out of time, or its call ends. What may still change
 * something fails only when its child has gone: it can do nothing late.
 */
export function waitForAnswer<Value>(request: {
  readonly what: string;
  readonly changes: boolean;
  readonly number: number;
  readonly bounds: Bounds;
  readonly waiting: Map<number, Pending>;
  readonly work: Work<Value>;
  readonly hooks: RequestHooks;
}): Promise<Value> {
  const { what, changes, number, waiting, work, hooks } = request;
  const { signal, leftMs, ownMs } = request.bounds;
  // Where the call itself ends first, its own deadline says so: two timers of one moment fire in any order.
  const boundMs = ownMs < leftMs ? ownMs : leftMs + callSpeaksMs;
  return new Promise((resolve, reject) => {
    let grace: NodeJS.Timeout | undefined;
    const settle = (): boolean => {
      if (!waiting.delete(number)) return false;
      clearTimeout(timer);
      clearTimeout(grace);
      signal.removeEventListener("abort", giveUp);
      hooks.changed();
      return true;
    };
    const end = (error: unknown): void => {
      if (one.at !== undefined && changes) {
        one.failure ??= error;
        hooks.endChild(one.at);
        return;
      }
      if (one.at !== undefined) hooks.abandon(one.at);
      one.fail(error);
    };
    const giveUp = (): void => {
      clearTimeout(timer);
      if (one.at === undefined || !changes) end(signal.reason);
      else grace = setTimeout(() => end(signal.reason), graceMs);
    };
    const timer = setTimeout(() => {
      // The grace of a call that is over at the same moment is what counts.
      if (!signal.aborted) end(new CommandFailure(what, errno.ETIMEDOUT, `no answer within ${Math.round(boundMs)} ms`));
    }, boundMs);
    const one: Pending = {
      number,
      changes,
      at: undefined,
      lost: 0,
      failure: undefined,
      fail: (error) => {
        if (settle()) reject(error instanceof Error ? error : new Error(String(error)));
      },
      ...work({ number }, (value) => {
        if (settle()) resolve(value);
      }),
    };
    waiting.set(number, one);
    signal.addEventListener("abort", giveUp, { once: true });
    hooks.added();
  });
}
