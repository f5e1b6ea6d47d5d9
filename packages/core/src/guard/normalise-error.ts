import { isMutating, operationCodes, type Operation } from "../errors/operations.js";
import { isSouthboundError, SouthboundError } from "../errors/southbound-error.js";
import type { ErrorCode } from "../errors/codes.js";
import type { CallSpec } from "./call-limits.js";

/**
 * Makes whatever was thrown into an error that the operation may end with. What a driver throws outside its contract is
 * INTERNAL, with the original as its cause.
 */
export function normaliseError(thrown: unknown, spec: CallSpec): SouthboundError {
  try {
    return normalise(thrown, spec);
  } catch {
    // Looking at it threw: an object without a text, a getter that fails. It is no cause either, since nobody could print that.
    return new SouthboundError("INTERNAL", "unexpected-error", `${spec.operation} failed with something that cannot be read`, {
      ...spec,
      outcome: isMutating(spec.operation) ? "unknown" : "none",
    });
  }
}

function normalise(thrown: unknown, spec: CallSpec): SouthboundError {
  const outcome = isMutating(spec.operation) ? "unknown" : "none";
  if (!isSouthboundError(thrown)) {
    const what = thrown instanceof Error ? thrown.message : String(thrown);
    return new SouthboundError("INTERNAL", "unexpected-error", `${spec.operation} failed unexpectedly: ${what}`, {
      ...spec,
      outcome,
      cause: thrown,
    });
  }
  if (!mayEndWith(spec.operation, thrown.code)) {
    return new SouthboundError(
      "INTERNAL",
      "driver-broke-contract",
      `${spec.operation} may not end with ${thrown.code} (${thrown.reason}): ${thrown.message}`,
      { ...spec, outcome: thrown.outcome, cause: thrown },
    );
  }
  const complete =
    thrown.operation === spec.operation && thrown.backend === spec.backend && (isMutating(spec.operation) || thrown.outcome === "none");
  if (complete) return thrown;
  return new SouthboundError(thrown.code, thrown.reason, thrown.message, {
    operation: spec.operation,
    backend: spec.backend ?? thrown.backend,
    resource: thrown.resource ?? spec.resource,
    recovery: thrown.recovery,
    outcome: isMutating(spec.operation) ? thrown.outcome : "none",
    details: thrown.details,
    cause: thrown.cause,
  });
}

function mayEndWith(operation: Operation, code: ErrorCode): boolean {
  const allowed: readonly ErrorCode[] = operationCodes[operation];
  return allowed.includes(code);
}
