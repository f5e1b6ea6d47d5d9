/**
 * The gRPC canonical codes, by name (CSI's own text misnumbers one, so numbers are not used), so that a CSI face can map
 * them one to one. Source: google.rpc.Code; CSI specification, "Error Scheme".
 */
export const errorCodes = [
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

/** What kind of failure it was. Few and stable; the `reason` is finer. */
export type ErrorCode = (typeof errorCodes)[number];

/**
 * What the caller does next.
 * - `fix-request`: the same request will fail again; change it, or what it names
 * - `retry`: the same request may succeed later; back off
 * - `wait-for-operation`: another operation holds the resource; retry when it has ended
 * - `operator`: somebody must mend the backend, the host or the configuration
 */
export type Recovery = "fix-request" | "retry" | "wait-for-operation" | "operator";

/** Whether the failed call changed anything: surely not, surely, or nobody can tell (replay it to find out). */
export type Outcome = "none" | "applied" | "unknown";

/** The recovery that a code means unless the error says otherwise. */
export const defaultRecovery: Readonly<Record<ErrorCode, Recovery>> = {
  CANCELLED: "retry",
  UNKNOWN: "operator",
  INVALID_ARGUMENT: "fix-request",
  DEADLINE_EXCEEDED: "retry",
  NOT_FOUND: "fix-request",
  ALREADY_EXISTS: "fix-request",
  PERMISSION_DENIED: "operator",
  RESOURCE_EXHAUSTED: "operator",
  FAILED_PRECONDITION: "fix-request",
  ABORTED: "wait-for-operation",
  OUT_OF_RANGE: "fix-request",
  UNIMPLEMENTED: "fix-request",
  INTERNAL: "operator",
  UNAVAILABLE: "retry",
  DATA_LOSS: "operator",
  UNAUTHENTICATED: "operator",
};
