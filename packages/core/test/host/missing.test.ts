import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tryMethods } from "../../src/host/try-methods.js";
import type { Connector } from "../../src/host/connectors/connector.js";
import { whyNoModule } from "../../src/host/connectors/krbd.js";
import { namesOf } from "../../src/host/krbd-features.js";
import { SouthboundError } from "../../src/errors/southbound-error.js";
import { volumeId, type Device, type FileConnectionInfo } from "@opensds/core";
import { canAttach, loopsOf, MiB, must, openBench, startDock } from "./support.js";

describe.skipIf(!canAttach)("a host that lacks something", () => {
  it.each(["attach", "detach"] as const)("says not-root of %s without root's rights, and does nothing", async (operation) => {
    const { host, runtimeDir, directory, fileVolume } = await openBench();
    must("chmod", "755", directory);
    const volume = await fileVolume("a");
    const record = operation === "detach" ? await host.attach(volume, "test") : undefined;
    const before = loopsOf(directory);
    const { stdout } = await startDock({ runtimeDir, operation, argument: record ?? volume, unprivileged: true }).ended;
    expect(JSON.parse(stdout)).toMatchObject({ code: "FAILED_PRECONDITION", reason: "not-root", recovery: "operator", outcome: "none" });
    expect(loopsOf(directory)).toEqual(before);
    if (record !== undefined) await host.detach(record);
  });

  it("says missing-tool and the package that brings it, before formatting is recorded", async () => {
    const bench = await openBench();
    const attachment = await bench.host.attach(await bench.fileVolume("a", 512 * MiB), "test");
    const argument = { attachment, directory: await bench.mountPoint("m"), fsType: "xfs" };
    const withoutTool = must("sh", "-c", "PATH=$PATH:/usr/sbin:/sbin command -v mkfs.xfs").trim();
    const journalFile = join(bench.directory, "journal");
    const { stdout } = await startDock({ runtimeDir: bench.runtimeDir, operation: "mount", argument, journalFile, withoutTool }).ended;
    expect(JSON.parse(stdout)).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "missing-tool",
      recovery: "operator",
      outcome: "none",
      details: { tool: "mkfs.xfs", package: "xfsprogs" },
    });
    expect(existsSync(journalFile)).toBe(false);
    await bench.host.detach(attachment);
  });
});

describe("trying methods", () => {
  const device: Device = { path: "/dev/x", number: "1:1", method: "good", source: "s", bootId: "b", readOnly: false };
  const connector = (method: string, result: Device | { unsuitable: string }, unavailable?: string): Connector<FileConnectionInfo> => ({
    method,
    unavailable: () => Promise.resolve(unavailable),
    find: () => Promise.resolve(undefined),
    attach: () => Promise.resolve(result),
  });
  const plan = { info: { protocol: "file", path: "/x", readOnly: false } as const, volumeId: volumeId("v"), readOnly: false, existing: undefined };
  const said: string[] = [];
  const log = { debug: () => undefined, info: () => undefined, warn: (text: string) => void said.push(text), error: () => undefined };
  const ctx = {
    operation: "attachVolume" as const,
    signal: new AbortController().signal,
    remainingMs: () => 1_000,
    step: () => Promise.resolve(),
    fail: <Code extends SouthboundError["code"]>(code: Code, reason: string, message: string) => new SouthboundError(code, reason, message),
    log,
  };
  const mismatch = connector("krbd", { unsuitable: "the image has features" });

  it("goes on to the next when one turns out not to fit, and says so in the log", async () => {
    expect(await tryMethods([mismatch, connector("good", device)], plan, { fd: 0 }, ctx)).toEqual(device);
    expect(said.splice(0)).toEqual(["v cannot be attached by krbd: the image has features"]);
  });

  it("keeps every reason for the message when none fits", async () => {
    const failed = tryMethods([mismatch, connector("rbd-nbd", device, "no nbd")], plan, { fd: 0 }, ctx);
    await expect(failed).rejects.toThrow("krbd: the image has features; rbd-nbd: no nbd");
    await expect(failed).rejects.toMatchObject({ reason: "no-attach-method" });
  });

  it("tells what rbd map says of the kernel from what it says of the cluster", () => {
    const module = "modprobe: FATAL: Module rbd not found in directory /lib/modules/6.1\nrbd: failed to load rbd kernel module (1)\nrbd: sysfs write failed\n";
    expect(whyNoModule(module)).toContain("module");
    expect(whyNoModule("rbd: error opening image i: (2) No such file or directory\n")).toBeUndefined();
    expect(whyNoModule("rbd: sysfs write failed\nrbd: map failed: (110) Connection timed out\n")).toBeUndefined();
  });

  it("reads the kernel's mask of image features", () => {
    expect(namesOf(0x1bf)).toEqual(["layering", "striping", "exclusive-lock", "object-map", "fast-diff", "deep-flatten", "data-pool", "operations"]);
    expect(namesOf(0)).toEqual([]);
  });
});
