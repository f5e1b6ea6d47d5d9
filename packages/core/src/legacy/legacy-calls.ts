import type { CallContext } from "../driver/call-context.js";
import type { ErrorCode } from "../errors/codes.js";
import { operationCodes, type CodeOf, type Operation } from "../errors/operations.js";
import { isSouthboundError, type SouthboundError } from "../errors/southbound-error.js";
import { parseJson, readErrorText, writeErrorText, type KnownError } from "./error-text.js";
import type { LegacyFunction } from "./legacy-driver.js";
import { quoteStart } from "./mask-secrets.js";

/** What a legacy function came to. */
export type LegacyResult = { readonly result: string } | { readonly error: string } | { readonly problem: string };

/**
 * Calls a legacy function and sorts out what came of it. Drivers in JavaScript throw, or answer an `Error` where a string
 * belongs: both are errors. An empty error string is none, as on OpenSDS's wire; Go's `Setup` and `Unset` answer nothing.
 */
export async function askLegacy(name: LegacyFunction, call: () => unknown): Promise<LegacyResult> {
  let reply: unknown;
  try {
    reply = await call();
  } catch (thrown) {
    return { error: textOf(thrown) };
  }
  if ((reply === undefined || reply === null) && (name === "Setup" || name === "Unset")) return { result: "" };
  if (!Array.isArray(reply)) return { problem: "the reply is no pair of result and error" };
  const pair: readonly unknown[] = reply;
  const [result, error] = pair;
  if (error !== null && error !== undefined && error !== "") return { error: textOf(error) };
  return typeof result === "string" ? { result } : { problem: "the reply's result is no string" };
}

function textOf(error: unknown): string {
  if (isSouthboundError(error)) return writeErrorText(error);
  return error instanceof Error ? error.message : String(error);
}

/** Calls a legacy function for its result; what it answers instead becomes a `SouthboundError`. */
export async function callLegacy(
  ctx: CallContext,
  name: LegacyFunction,
  call: () => unknown,
  knownErrors?: readonly KnownError[],
): Promise<string> {
  ctx.signal.throwIfAborted();
  // Nothing can stop a legacy function, so it is waited for: the guard lets no replay begin while it may still land.
  const answer = await askLegacy(name, call);
  if ("result" in answer) return answer.result;
  if ("problem" in answer) throw unreadable(ctx, name, answer.problem);
  const { code, reason, message, info } = readErrorText(answer.error, knownErrors);
  if (mayEndWith(ctx.operation, code)) throw ctx.fail(code, reason, `${name}: ${message}`, info);
  throw ctx.fail("INTERNAL", "legacy-error", `${name}: ${message} (${code}, which ${ctx.operation} may not end with)`, info);
}

/** Reads a result as JSON. */
export function readJson(ctx: CallContext, name: LegacyFunction, result: string): unknown {
  const value = parseJson(result);
  if (value === undefined) throw unreadable(ctx, name, result === "" ? "the reply is empty" : "the reply is not JSON", result);
  return value;
}

/** INTERNAL `legacy-reply-unreadable`: which function, what is wrong, and how the reply begins. */
export function unreadable(ctx: CallContext, name: LegacyFunction, problem: string, result = ""): SouthboundError {
  const start = result === "" ? "" : `; it begins with ${quoteStart(result)}`;
  return ctx.fail("INTERNAL", "legacy-reply-unreadable", `${name}: ${problem}${start}`, { details: { function: name, problem } });
}

function mayEndWith(operation: Operation, code: ErrorCode): code is CodeOf<Operation> {
  const allowed: readonly ErrorCode[] = operationCodes[operation];
  return allowed.includes(code);
}
