import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isSouthboundError, openBackends, requireFacets, type Backends, type Logger } from "@opensds/core";
import ceph, { type CephOptions } from "@opensds/driver-ceph";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { labConf, live } from "./live/lab.js";
import { nativeChildrenOf } from "./live/native-child.js";

describe.runIf(live)("which transport a backend gets", { timeout: 60_000 }, () => {
  const said: string[] = [];
  const listen = (message: string): void => void said.push(message);
  const log: Logger = { debug: listen, info: listen, warn: listen, error: listen };
  let directory: string;
  let opened: Backends | undefined;
  beforeEach(() => {
    said.length = 0;
    directory = mkdtempSync(join(tmpdir(), "driver-ceph-"));
  });
  afterEach(async () => {
    await opened?.unset();
    rmSync(directory, { recursive: true });
  });

  const setUp = async (more: Partial<CephOptions>) => {
    const element = { ceph_driver: { conf: labConf(), user: "dock", pool: "dock", ...more } };
    opened = await openBackends({ backends: { one: element } }, { drivers: [ceph], log });
    const driver = opened.get("one");
    await driver.setup();
    return driver;
  };

  it("is the native one where it can be had, and needs none of Ceph's tools", async () => {
    const path = process.env["PATH"];
    process.env["PATH"] = directory;
    try {
      const driver = await setUp({});
      expect(driver.manifest.parameters).toBeDefined();
      expect(nativeChildrenOf(process.pid)).toHaveLength(1);
      for await (const volume of driver.listVolumes()) expect(volume.id).toBeDefined();
    } finally {
      process.env["PATH"] = path;
    }
    await opened?.unset();
    expect(nativeChildrenOf(process.pid)).toHaveLength(0);
  });

  it("tells its libraries' versions to whoever asks the doctor", async () => {
    const driver = requireFacets(await setUp({ transport: "native" }), "doctor");
    const found = (await driver.doctor.examine()).filter(({ check }) => check === "ceph-versions");
    expect(found.map(({ message }) => message).join()).toMatch(/ceph version \d.*librados \d+\.\d+\.\d+ and librbd \d+\.\d+\.\d+; the cluster has ceph version \d/);
  });

  it("falls back to Ceph's commands where the child cannot be found, and says so", async () => {
    const driver = await setUp({ childEntry: join(directory, "none.js") });
    expect(nativeChildrenOf(process.pid)).toHaveLength(0);
    expect(said.join("\n")).toMatch(/native transport is not to be had.*none\.js/);
    for await (const volume of driver.listVolumes()) expect(volume.id).toBeDefined();
  });

  it("falls back where the child's Node cannot be started, and says so", async () => {
    await setUp({ execPath: join(directory, "no-node") });
    expect(said.join("\n")).toMatch(/native transport is not to be had.*cannot be started/);
  });

  it("is refused in words where only the native one may be used", async () => {
    const error = await setUp({ transport: "native", execPath: join(directory, "no-node") }).catch((thrown: unknown) => thrown);
    expect(isSouthboundError(error) && [error.code, error.reason]).toEqual(["FAILED_PRECONDITION", "native-unavailable"]);
  });

  it("has no secret of the dock in the child's environment or arguments", async () => {
    process.env["DOCK_SECRET_TOKEN"] = "a-secret-of-the-dock";
    try {
      await setUp({ transport: "native" });
      const [child = 0] = nativeChildrenOf(process.pid);
      const key = /key = (\S+)/.exec(readFileSync(join(labConf(), "..", "client.dock.keyring"), "utf8"))?.[1] ?? "?";
      for (const file of ["environ", "cmdline"]) {
        const content = readFileSync(`/proc/${child}/${file}`, "utf8");
        expect(content).not.toContain("a-secret-of-the-dock");
        expect(content).not.toContain(key);
      }
      expect(said.join("\n")).not.toContain(key);
    } finally {
      delete process.env["DOCK_SECRET_TOKEN"];
    }
  });
});
