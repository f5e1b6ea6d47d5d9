import { open } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createHost } from "@opensds/core/host";
import { attributeOf, canAttach, loopsOf, must, openBench, pathOf, startHolder, stop } from "./support.js";

describe.skipIf(!canAttach)("detaching what is held", () => {
  it("names a mount of another mount namespace by its process", async () => {
    const { host, fileVolume, mountPoint, directory } = await openBench();
    const record = await host.attach(await fileVolume("a"), "test");
    must("mkfs.ext4", "-q", pathOf(record));
    const target = await mountPoint("m");
    must("mount", pathOf(record), target);
    const holder = await startHolder("unshare", "-m", "sh", "-c", "echo ready; read line");
    must("umount", target);
    const refusal = host.detach(record);
    await expect(refusal).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "device-held", outcome: "none" });
    await expect(refusal).rejects.toThrow(`mounted at ${target} in the mount namespace of process ${holder.pid ?? 0} (sh)`);
    expect(loopsOf(directory)).toEqual([pathOf(record)]);
    expect(attributeOf(record, "loop/autoclear")).toBe("0");
    await stop(holder);
    await host.detach(record);
    expect(loopsOf(directory)).toEqual([]);
  });

  it("names a mount of its own mount namespace by its directory", async () => {
    const { host, fileVolume, mountPoint } = await openBench();
    const record = await host.attach(await fileVolume("a"), "test");
    must("mkfs.ext4", "-q", pathOf(record));
    const target = await mountPoint("a b");
    must("mount", pathOf(record), target);
    await expect(host.detach(record)).rejects.toThrow(`${pathOf(record)} is mounted at ${target}`);
    must("umount", target);
    await host.detach(record);
  });

  it("names swap", async () => {
    const { host, fileVolume } = await openBench();
    const record = await host.attach(await fileVolume("a"), "test");
    must("mkswap", pathOf(record));
    must("swapon", pathOf(record));
    try {
      await expect(host.detach(record)).rejects.toThrow("used as swap");
    } finally {
      must("swapoff", pathOf(record));
    }
    await host.detach(record);
  });

  it("names a mounted partition", async () => {
    const { host, fileVolume, mountPoint } = await openBench();
    const record = await host.attach(await fileVolume("a"), "test");
    must("parted", "-s", pathOf(record), "mklabel", "gpt", "mkpart", "p", "1MiB", "60MiB");
    must("partx", "--update", pathOf(record));
    const partition = `${pathOf(record)}p1`;
    must("mkfs.ext4", "-q", "-F", partition);
    const target = await mountPoint("m");
    must("mount", partition, target);
    await expect(host.detach(record)).rejects.toThrow(`mounted at ${target}`);
    must("umount", target);
    await host.detach(record);
  });

  it("names the process that has claimed the device", async () => {
    const { host, fileVolume } = await openBench();
    const record = await host.attach(await fileVolume("a"), "test");
    const script = `require("fs").openSync("${pathOf(record)}", require("fs").constants.O_EXCL); console.log("ready"); process.stdin.resume()`;
    const holder = await startHolder(process.execPath, "-e", script);
    const refusal = host.detach(record);
    await expect(refusal).rejects.toMatchObject({ reason: "device-held", details: { holders: [{ pid: holder.pid }] } });
    await stop(holder);
    await host.detach(record);
  });

  it("says so when a plain opener keeps the device, and the device is not handed out again meanwhile", async () => {
    const { host, fileVolume, directory } = await openBench();
    const volume = await fileVolume("a");
    const record = await host.attach(volume, "test");
    const opener = await open(pathOf(record), "r");
    try {
      await expect(host.detach(record)).rejects.toMatchObject({ reason: "device-held", outcome: "unknown" });
      await expect(host.attach(volume, "test")).rejects.toMatchObject({ reason: "device-held" });
    } finally {
      await opener.close();
    }
    await host.detach(record);
    expect(loopsOf(directory)).toEqual([]);
  });

  it("lets nobody mount between the check and the end", async () => {
    const { host, fileVolume, mountPoint, directory } = await openBench();
    const record = await host.attach(await fileVolume("a"), "test");
    must("mkfs.ext4", "-q", pathOf(record));
    const target = await mountPoint("m");
    let refusedMount: unknown;
    const racing = createHost({
      runtimeDir: join(directory, "run"),
      onStep: (_, step) => {
        if (step !== "losetup-detach") return;
        try {
          must("mount", pathOf(record), target);
        } catch (error) {
          refusedMount = error;
        }
      },
    });
    await racing.detach(record);
    expect(String(refusedMount)).toMatch(/busy/);
    expect(loopsOf(directory)).toEqual([]);
  });
});
