import { isSouthboundError, type SouthboundError } from "@opensds/core";

/** How a call fails; a call that does not, or with anything else, is the test's failure. */
export async function failureOf(call: Promise<unknown>): Promise<SouthboundError> {
  const thrown: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (isSouthboundError(thrown)) return thrown;
  throw new Error(`no southbound error: ${String(thrown)}`);
}
