import type { ErrorCode } from "@opensds/core";

/** What each code means in this interface, for the specification and the page of errors; in the order of their tables. */
export const codeMeanings = {
  CANCELLED: "the caller's signal fired, or the driver was closed",
  INVALID_ARGUMENT: "the request is wrong by itself",
  DEADLINE_EXCEEDED: "the call's time was over",
  NOT_FOUND: "what the request names is not there",
  ALREADY_EXISTS: "it is there, and is not what was asked for",
  PERMISSION_DENIED: "the credentials are good and do not suffice",
  UNAUTHENTICATED: "the credentials were refused",
  RESOURCE_EXHAUSTED: "no space, or a quota is used up",
  FAILED_PRECONDITION: "the request is well formed, and the state of things forbids it",
  ABORTED: "another operation is in the way, or a token is not good any more",
  OUT_OF_RANGE: "a size that this backend cannot make",
  UNIMPLEMENTED: "this backend can never do it",
  UNAVAILABLE: "the backend or a tool does not answer or failed for now",
  INTERNAL: "a bug, or an answer that makes no sense",
  DATA_LOSS: "data that was written is gone or broken",
  UNKNOWN: "never made by this interface; accepted from an older peer",
} as const satisfies Record<ErrorCode, string>;
