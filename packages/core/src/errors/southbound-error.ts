import type { ErrorCode, Outcome, Recovery } from "./codes.js";
import type { CodeOf, Operation } from "./operations.js";
import { usualRecovery, type KnownReason } from "./reasons.js";

/** A reason of the specification, which editors complete, or one of a driver's own. */
export type AnyReason = KnownReason | (string & {});

/** What an error tells besides its code, reason and message. */
export interface ErrorInfo {
  /** What was being done. */
  readonly operation?: Operation | undefined;
  /** The backend's name in the backends file. */
  readonly backend?: string | undefined;
  /** What it was done to: a volume's name or id, a directory, a device. */
  readonly resource?: string | undefined;
  /** Default: what the reason means with this code, else what the code means. */
  readonly recovery?: Recovery | undefined;
  /** Default `unknown`; the guard sets `none` for reads. */
  readonly outcome?: Outcome | undefined;
  /** Facts for programs: quota name and numbers, the watcher's address, seconds to wait. Plain JSON, no secret. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** What went wrong beneath. */
  readonly cause?: unknown;
}

/**
 * The one error class: what failed, why, whether anything changed and what to do next. Recognise it with
 * {@link isSouthboundError}, not `instanceof`: two copies of this package may be installed side by side.
 */
export class SouthboundError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "SouthboundError";
  readonly code: Code;
  /** Fine-grained and stable, in kebab case: `volume-in-use`. */
  readonly reason: string;
  readonly recovery: Recovery;
  readonly outcome: Outcome;
  readonly operation: Operation | undefined;
  readonly backend: string | undefined;
  readonly resource: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: Code, reason: AnyReason, message: string, info: ErrorInfo = {}) {
    super(message, info.cause === undefined ? undefined : { cause: info.cause });
    this.code = code;
    this.reason = reason;
    this.recovery = info.recovery ?? usualRecovery(code, reason);
    this.outcome = info.outcome ?? "unknown";
    this.operation = info.operation;
    this.backend = info.backend;
    this.resource = info.resource;
    this.details = info.details ?? {};
  }

  /** The wire form; `errorFromJSON` reads it back. */
  toJSON(): ErrorWire {
    return errorToJSON(this);
  }
}

/** The wire form of an error, its chain of causes included: for child processes, records and reports. */
export interface ErrorWire {
  readonly name: string;
  readonly message: string;
  readonly code?: ErrorCode | undefined;
  readonly reason?: string | undefined;
  readonly recovery?: Recovery | undefined;
  readonly outcome?: Outcome | undefined;
  readonly operation?: Operation | undefined;
  readonly backend?: string | undefined;
  readonly resource?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: ErrorWire | undefined;
}

/** Writes any thrown value in the wire form; a chain of causes ends after 16 links. */
export function errorToJSON(error: unknown, depth = 0): ErrorWire {
  if (!(error instanceof Error)) return { name: "Error", message: messageOf(error) };
  const cause = error.cause === undefined || depth > 15 ? undefined : errorToJSON(error.cause, depth + 1);
  const base = { name: error.name, message: error.message, ...(cause && { cause }) };
  if (!isSouthboundError(error)) return base;
  const { code, reason, recovery, outcome, operation, backend, resource, details } = error;
  return {
    ...base,
    code,
    reason,
    recovery,
    outcome,
    ...(operation !== undefined && { operation }),
    ...(backend !== undefined && { backend }),
    ...(resource !== undefined && { resource }),
    ...(Object.keys(details).length > 0 && { details }),
  };
}

/** What somebody threw that is no error: test frameworks, for one, put plain objects in the place of causes. */
function messageOf(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) return String(thrown);
  return "message" in thrown && typeof thrown.message === "string" ? thrown.message : Object.prototype.toString.call(thrown);
}

/**
 * Whether a thrown value is a `SouthboundError`, told by its shape. With an operation, its code narrows to those that
 * the operation may end with.
 */
export function isSouthboundError<Op extends Operation>(error: unknown, operation: Op): error is SouthboundError<CodeOf<Op>>;
export function isSouthboundError(error: unknown): error is SouthboundError;
export function isSouthboundError(error: unknown, operation?: Operation): error is SouthboundError {
  return (
    error instanceof Error &&
    error.name === "SouthboundError" &&
    "code" in error &&
    "reason" in error &&
    "recovery" in error &&
    "outcome" in error &&
    (operation === undefined || ("operation" in error && error.operation === operation))
  );
}
