import * as v from "valibot";
import { errorCodes, type ErrorCode } from "../errors/codes.js";
import { errorToJSON, isSouthboundError, type ErrorInfo } from "../errors/southbound-error.js";
import { isSecretName, maskSecrets, quoteStart } from "./mask-secrets.js";

/** What the error string of a legacy driver says. */
export interface LegacyFailure {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly message: string;
  readonly info: Pick<ErrorInfo, "recovery" | "outcome" | "resource" | "details">;
}

/** A text of an error that is known, and what it means. */
export interface KnownError {
  /** Found anywhere in the error string. */
  readonly text: string | RegExp;
  readonly code: ErrorCode;
  readonly reason: string;
}

/**
 * The texts of OpenSDS's own drivers: go-ceph's errors (`rbd: ret=-28` is an errno), the OpenStack client's, and the
 * network's. Anything else stays INTERNAL, "not found" above all: it may speak of a keyring or an endpoint. Whether a volume is
 * there, the driver's list tells.
 */
const knownErrors: readonly KnownError[] = [
  { text: /\bret=-16\b/, code: "FAILED_PRECONDITION", reason: "volume-in-use" },
  { text: /\bret=-39\b/, code: "FAILED_PRECONDITION", reason: "volume-in-use" },
  { text: /\bret=-(?:28|122)\b/, code: "RESOURCE_EXHAUSTED", reason: "backend-full" },
  { text: /\bret=-(?:1|13)\b/, code: "PERMISSION_DENIED", reason: "permission-denied" },
  { text: /\bret=-110\b/, code: "UNAVAILABLE", reason: "backend-unreachable" },
  { text: "response == 401", code: "UNAUTHENTICATED", reason: "bad-credentials" },
  { text: "response == 403", code: "PERMISSION_DENIED", reason: "permission-denied" },
  { text: "response == 413", code: "RESOURCE_EXHAUSTED", reason: "backend-full" },
  { text: /response == (?:429|503)/, code: "UNAVAILABLE", reason: "backend-unreachable" },
  { text: /connection refused|i\/o timeout|no route to host/, code: "UNAVAILABLE", reason: "backend-unreachable" },
];

const wireSchema = v.object({
  code: v.picklist(errorCodes),
  reason: v.string(),
  message: v.string(),
  recovery: v.optional(v.picklist(["fix-request", "retry", "wait-for-operation", "operator"])),
  outcome: v.optional(v.picklist(["none", "applied", "unknown"])),
  resource: v.optional(v.string()),
  details: v.optional(v.record(v.string(), v.unknown())),
});

/**
 * Writes an error as the string that old docks pass on: the wire form's JSON, so that whoever cares reads the code. Causes
 * stay behind: what others threw beneath has not been looked through for secrets.
 */
export function writeErrorText(error: unknown): string {
  const { cause: _cause, ...wire } = errorToJSON(error);
  const known = isSouthboundError(error) ? wire : { ...wire, code: "INTERNAL", reason: "unexpected-error" };
  return JSON.stringify(known, (key, value: unknown) => {
    if (typeof value !== "string") return value;
    return isSecretName(key) ? "[secret]" : maskSecrets(value);
  });
}

/** Reads an error string: our own wire form, a known text, or else INTERNAL `legacy-error`. */
export function readErrorText(text: string, further: readonly KnownError[] = []): LegacyFailure {
  const wire = v.safeParse(wireSchema, parseJson(text));
  if (wire.success) {
    const { code, reason, message, ...info } = wire.output;
    return { code, reason, message: maskSecrets(message), info };
  }
  const known = [...further, ...knownErrors].find((one) => (typeof one.text === "string" ? text.includes(one.text) : one.text.test(text)));
  const { code, reason } = known ?? { code: "INTERNAL" as const, reason: "legacy-error" };
  return { code, reason, message: quoteStart(text), info: {} };
}

/** The value of a JSON text; undefined where it is none, which no JSON text is. */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
