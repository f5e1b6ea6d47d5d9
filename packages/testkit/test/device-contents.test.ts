import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Check } from "../src/check.js";
import { expectContent } from "../src/checks/support/contents.js";
import { findOnDevice } from "../src/checks/support/device-bytes.js";
import { runConformance } from "../src/run/run-conformance.js";
import { memoryTarget, withDirectory } from "./support/targets.js";

/** So many that nobody reads them all in a test. */
const sizeBytes = 2 ** 40;

it("reads no more of a device when the check's time is over, which could not be let go otherwise", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "device");
    await writeFile(path, "");
    await truncate(path, sizeBytes);
    const device = { path, number: "7:0", method: "loop", source: path, bootId: "boot", readOnly: true };
    const ended: string[] = [];
    const check = (id: string, read: (ctx: Parameters<Check["run"]>[0]) => Promise<unknown>): Check => ({
      ...{ id, family: "data", level: "basic", title: `${id} reads`, rules: ["SB-DATA-2"] },
      run: async (ctx) => {
        await read(ctx).finally(() => ended.push(id));
      },
    });
    const checks = [
      check("READ-1", (ctx) => expectContent(ctx, device, sizeBytes, [], "the device")),
      check("READ-2", (ctx) => findOnDevice(ctx, device, sizeBytes, Buffer.from("nowhere"))),
    ];
    const { results } = await runConformance(memoryTarget(), { checks, timeoutMs: 300 });
    expect(results.map(({ error }) => error?.timedOut)).toEqual([true, true]);
    expect(ended).toEqual(["READ-1", "READ-2"]);
  });
});
