import type { Operation, CodeOf } from "./operations.js";
import { isSouthboundError, type SouthboundError } from "./southbound-error.js";

/** How a call ended, as a value. */
export type Settled<Value, Op extends Operation> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: SouthboundError<CodeOf<Op>> };

/**
 * Turns a call's promise into a value that says how it ended. What is no `SouthboundError` of that operation is a bug
 * and is thrown on.
 */
export async function settle<Value, Op extends Operation>(operation: Op, call: Promise<Value>): Promise<Settled<Value, Op>> {
  try {
    return { ok: true, value: await call };
  } catch (error) {
    if (isSouthboundError(error, operation)) return { ok: false, error };
    throw error;
  }
}
