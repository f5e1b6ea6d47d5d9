import { silentLogger, SouthboundError } from "@opensds/core";
import { openCall, type Call } from "../../src/call.js";

/** A call as the guard makes it, for what is tested beneath the driver: nobody gives it up, and it has 5 s left, unless told. */
export function fakeCall({ signal = new AbortController().signal, remainingMs = 5_000 }: { readonly signal?: AbortSignal; readonly remainingMs?: number } = {}): Call<"createVolume"> {
  return openCall({
    operation: "createVolume",
    signal,
    remainingMs: () => remainingMs,
    fail: (code, reason, message, info) => new SouthboundError(code, reason, message, { ...info, operation: "createVolume" }),
    step: () => Promise.resolve(),
    log: silentLogger,
  });
}
