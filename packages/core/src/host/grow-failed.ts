import type { CallContext } from "../driver/call-context.js";
import type { Outcome } from "../errors/codes.js";
import { formatBytes } from "../model/size.js";

/** The error for a device or file system that does not take its new size; what to do is part of the message. */
export const growFailed = (ctx: CallContext, message: string, outcome: Outcome = "unknown"): Error =>
  ctx.fail("FAILED_PRECONDITION", "grow-failed", message, { outcome, recovery: "operator" });

/** Nothing shrinks: a device that is larger than its volume has been written behind its end, or is the wrong one. */
export const wouldShrink = (ctx: CallContext, path: string, deviceSize: number, volumeSize: number): Error =>
  ctx.fail(
    "FAILED_PRECONDITION",
    "grow-failed",
    `${path} has ${formatBytes(deviceSize)} and its volume only ${formatBytes(volumeSize)}: somebody shrank the volume; grow it back before anything is written`,
    { outcome: "none", recovery: "operator", details: { deviceBytes: deviceSize, volumeBytes: volumeSize } },
  );
