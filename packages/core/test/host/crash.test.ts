import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AttachmentRecord, FormatRecord, MountRecord } from "@opensds/core";
import { canAttach, loopsOf, memoryJournal, must, openBench, startDock, type DockOrder } from "./support.js";

/** Lets a dock die at each step of an order in turn; `replay` is what the next one then does. Returns how many there were. */
async function dieAtEachStep(order: () => Promise<DockOrder>, replay: (order: DockOrder) => Promise<void>): Promise<number> {
  for (let step = 0; ; step += 1) {
    const made = await order();
    const { died } = await startDock({ ...made, dieAtStep: step }).ended;
    await replay(made);
    if (!died) return step;
  }
}

describe.skipIf(!canAttach)("a dock that is killed at any step", () => {
  it("of attach and detach leaves what the replay finishes", { timeout: 60_000 }, async () => {
    const { host, runtimeDir, directory, fileVolume } = await openBench();
    const volume = await fileVolume("a");
    const attachSteps = await dieAtEachStep(
      () => Promise.resolve({ runtimeDir, operation: "attach", argument: volume }),
      async () => {
        const record = await host.attach(volume, "test");
        expect(loopsOf(directory)).toEqual([record.device?.path]);
        await host.detach(record);
        expect(loopsOf(directory)).toEqual([]);
      },
    );
    const detachSteps = await dieAtEachStep(
      async () => ({ runtimeDir, operation: "detach", argument: await host.attach(volume, "test") }),
      async ({ argument }) => {
        await host.detach(argument as AttachmentRecord);
        expect(loopsOf(directory)).toEqual([]);
      },
    );
    expect([attachSteps, detachSteps]).toEqual([1, 2]);
  });

  it("of mount and unmount leaves what the replay finishes", { timeout: 120_000 }, async () => {
    const bench = await openBench();
    const { host, runtimeDir, fileVolume } = bench;
    let round = 0;
    const mountSteps = await dieAtEachStep(
      async () => {
        round += 1;
        const attachment = await host.attach(await fileVolume(`v${round}`), "test");
        const directory = join(bench.directory, `m${round}`);
        const argument = { attachment, directory, createDirectory: true };
        return { runtimeDir, operation: "mount", argument, journalFile: join(bench.directory, `j${round}`), directory };
      },
      async ({ argument, journalFile = "", directory = "" }) => {
        const recorded = existsSync(journalFile) ? (JSON.parse(readFileSync(journalFile, "utf8")) as FormatRecord) : null;
        const request = argument as { attachment: AttachmentRecord; directory: string; createDirectory: true };
        const record = await host.mount(request, memoryJournal(recorded));
        expect(await host.listMounts([request.attachment])).toEqual([record]);
        await host.unmount(record);
        // Also the directory that the killed one made.
        expect(existsSync(directory)).toBe(false);
        must("e2fsck", "-f", "-n", request.attachment.device?.path ?? "");
        await host.detach(request.attachment);
      },
    );
    const attachment = await host.attach(await fileVolume("u"), "test");
    const journal = memoryJournal();
    const directory = join(bench.directory, "u");
    const unmountSteps = await dieAtEachStep(
      async () => ({ runtimeDir, operation: "unmount", argument: await host.mount({ attachment, directory, createDirectory: true }, journal) }),
      async ({ argument }) => {
        await host.unmount(argument as MountRecord);
        expect(await host.listMounts([attachment])).toEqual([]);
        expect(existsSync(directory)).toBe(false);
      },
    );
    await host.detach(attachment);
    expect([mountSteps, unmountSteps]).toEqual([5, 2]);
  });
});
