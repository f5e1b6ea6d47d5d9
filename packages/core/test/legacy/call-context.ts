import { expect } from "vitest";
import type { CallContext } from "../../src/driver/call-context.js";
import { silentLogger } from "../../src/driver/logger.js";
import type { Operation } from "../../src/errors/operations.js";
import { SouthboundError } from "../../src/errors/southbound-error.js";

/** A context as the guard hands it to a backend. */
export function contextOf<Op extends Operation>(operation: Op, signal = AbortSignal.timeout(5_000)): CallContext<Op> {
  return {
    operation,
    signal,
    remainingMs: () => 5_000,
    fail: (code, reason, message, info) => new SouthboundError(code, reason, message, { ...info, operation, backend: "old" }),
    step: () => Promise.resolve(),
    log: silentLogger,
  };
}

/** Matches a string that holds the text. */
export const containing = (text: string): unknown => expect.stringContaining(text);
