import { isSouthboundError, type SouthboundError } from "@opensds/core";

/** How a call failed; a call that did not fail fails the test. */
export async function failure(call: Promise<unknown>): Promise<SouthboundError> {
  try {
    await call;
  } catch (error) {
    if (isSouthboundError(error)) return error;
    throw error;
  }
  throw new Error("the call was expected to fail");
}
