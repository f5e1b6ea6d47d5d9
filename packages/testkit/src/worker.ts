import { errorToJSON } from "@opensds/core";
import { isParentMessage, runWorkerCall, type AnswerMessage, type ParentMessage } from "./run/worker-protocol.js";
import { openTarget, type OpenedTarget } from "./target/open-target.js";

/** A process of the suite's own: opens the target and does what it is told over IPC. Ends with its parent. */
let opened: OpenedTarget | undefined;

async function obey(message: ParentMessage): Promise<unknown> {
  if (message.type === "open") {
    opened = await openTarget(message.target);
    await opened.driver.setup({ timeoutMs: message.timeoutMs });
    return null;
  }
  if (opened === undefined) throw new Error("the worker has not opened its target");
  return runWorkerCall(opened.driver, message.call, message.timeoutMs);
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
