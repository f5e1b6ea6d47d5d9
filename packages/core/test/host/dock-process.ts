import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { errorToJSON, importConnection, volumeId, type AttachmentRecord, type Connection, type FormatRecord, type MountRecord, type MountVolumeRequest } from "@opensds/core";
import { createHost, type FormatJournal } from "@opensds/core/host";
import type { DockOrder } from "./support.js";

/** A dock in a process of its own: carries out one order, or dies at one of its steps. Prints the result, or the error, as JSON. */
const order = JSON.parse(process.argv[2] ?? "") as DockOrder;
let step = 0;
const host = createHost({
  runtimeDir: order.runtimeDir,
  onStep: () => {
    if (step === order.dieAtStep) process.kill(process.pid, "SIGKILL");
    step += 1;
  },
});

const file = order.journalFile ?? "";
const read = (): FormatRecord | null => (existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as FormatRecord) : null);
const journal: FormatJournal = {
  read: () => Promise.resolve(read()),
  write: (next) => {
    const current = read();
    if (next.state === "formatted" ? current?.fsUuid === next.fsUuid : current === null) writeFileSync(file, JSON.stringify(next));
    return Promise.resolve(read() ?? next);
  },
};

try {
  switch (order.operation) {
    case "attach":
      console.log(JSON.stringify(await host.attach(order.argument as Connection, "test")));
      break;
    case "detach":
      await host.detach(order.argument as AttachmentRecord);
      break;
    case "attach-exported":
      console.log(JSON.stringify(await host.attach(importConnection(String(order.argument)), "test")));
      break;
    case "freeze": {
      const { record, timeoutMs } = order.argument as { record: AttachmentRecord; timeoutMs: number };
      await host.frozen([record], { timeoutMs }, {}, async () => {
        console.log("frozen");
        await new Promise((resolve) => process.stdin.once("end", resolve).resume());
      });
      break;
    }
    case "grow":
      await host.grow(order.argument as AttachmentRecord);
      break;
    case "mount":
      console.log(JSON.stringify(await host.mount(order.argument as MountVolumeRequest, journal)));
      break;
    case "unmount":
      await host.unmount(order.argument as MountRecord);
      break;
    case "lock":
      await host.exclusively(volumeId(String(order.argument)), {}, async () => {
        console.log("ready");
        await new Promise((resolve) => process.stdin.once("end", resolve).resume());
      });
  }
} catch (error) {
  console.log(JSON.stringify(errorToJSON(error)));
}
