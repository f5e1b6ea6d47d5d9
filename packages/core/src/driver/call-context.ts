import type { CodeOf, Operation } from "../errors/operations.js";
import type { AnyReason, ErrorInfo, SouthboundError } from "../errors/southbound-error.js";
import type { Logger } from "./logger.js";

/** How long a call may take and what ends it early. Every public method takes these last. */
export interface CallOptions {
  /** Ends the call early with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
  /** The call returns within this many milliseconds. Default: the backends file's `timeoutMs`, else 60 000. */
  readonly timeoutMs?: number | undefined;
}

/**
 * What a backend gets with every call. By then the request is valid, capacity is resolved and identical calls are
 * joined; what is left is to do the work, to stop when `signal` fires, and to fail in words.
 */
export interface CallContext<Op extends Operation = Operation> {
  readonly operation: Op;
  /** Fires at the deadline, and when every caller of this work has given up. */
  readonly signal: AbortSignal;
  /** Milliseconds until the deadline; 0 when it has passed. Hand it to what has a time limit of its own. */
  remainingMs(): number;
  /**
   * Makes the error to throw. Takes only the codes that this operation may end with; fills in operation and backend, and the recovery
   * that a reason of the specification means.
   * @example throw ctx.fail("NOT_FOUND", "volume-not-found", `no volume ${id}`, { resource: id, outcome: "none" });
   */
  fail<Code extends CodeOf<Op>>(
    code: Code,
    reason: AnyReason,
    message: string,
    info?: Omit<ErrorInfo, "operation" | "backend">,
  ): SouthboundError<Code>;
  /** Marks a point where a crash is worth testing: before anything that changes the backend or the host. */
  step(name: string): Promise<void>;
  readonly log: Logger;
}
