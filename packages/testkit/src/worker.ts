import { errorToJSON } from "@opensds/core";
import { setTimeout as sleep } from "node:timers/promises";
import { watchCrashPoints } from "./run/crash-points.js";
import { addedSince, processHoldings } from "./run/process-leftovers.js";
import { isParentMessage, runWorkerCall, type AnswerMessage, type ParentMessage } from "./run/worker-protocol.js";
import { openTarget, type OpenedTarget } from "./target/open-target.js";

/** A process of the suite's own: opens the target and does what it is told over IPC. Ends with its parent. */
let opened: OpenedTarget | undefined;
let before: readonly string[] = [];
const points = watchCrashPoints();

async function obey(message: ParentMessage): Promise<unknown> {
  if (message.type === "open") {
    before = await processHoldings();
    opened = await openTarget(message.target, { onStep: (operation, step) => points.mark(operation, step) });
    if (message.setup) await opened.driver.setup({ timeoutMs: message.timeoutMs });
    points.dieAt(0);
    return null;
  }
  if (opened === undefined) throw new Error("the worker has not opened its target");
  switch (message.type) {
    case "die-at":
      points.dieAt(message.step);
      return null;
    case "steps":
      return points.seen();
    case "close":
      await opened.close();
      return leftovers();
    case "call":
      return answering(await runWorkerCall(opened.driver, message.call, message.timeoutMs));
  }
}

async function answering(value: unknown): Promise<unknown> {
  await points.answer();
  return value;
}

/** What ends by itself within two seconds is no leftover. */
async function leftovers(): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt += 1) {
    const added = addedSince(before, await processHoldings());
    if (added.length === 0 || attempt === 20) return added;
    await sleep(100);
  }
}

const answer = (message: AnswerMessage): void => {
  process.send?.(message);
};

process.on("message", (message: unknown) => {
  if (!isParentMessage(message)) return;
  const id = message.type === "open" ? 0 : message.id;
  obey(message).then(
    (value) => answer({ type: "answer", id, ok: true, value }),
    (error: unknown) => answer({ type: "answer", id, ok: false, error: errorToJSON(error) }),
  );
});
// Ctrl-C reaches the whole process group; the parent cleans up and then ends its workers.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit(0));
