import type { CheckContext, ExpectedError } from "../../check-context.js";

/** Whether a call was refused, where a backend may do so in one way; fails the check when it failed in another. */
export async function refusedWith(ctx: CheckContext, call: Promise<unknown>, expected: ExpectedError, what: string): Promise<boolean> {
  const done = await call.then(
    () => true,
    () => false,
  );
  if (!done) await ctx.expectError(call, expected, what);
  return !done;
}
