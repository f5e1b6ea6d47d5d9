import { readFileSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { exportConnection, secret, type AttachmentRecord, type Connection, type RbdConnectionInfo } from "@opensds/core";
import { expectNothingLeft, imageInfo, imageVolume, monitors, pool, rbd, removeImages, userKey } from "./lab-images.js";
import { canAttach, memoryJournal, MiB, must, openBench, pathOf, pidsMentioning, startDock, type Bench } from "./support.js";

afterAll(removeImages, 180_000);

/** Who has an image open, or has died with it open a moment ago. */
const watchersOf = (image: string): readonly unknown[] => (JSON.parse(rbd("status", "--format", "json", `${pool}/${image}`)) as { watchers: unknown[] }).watchers;
const resize = (image: string, mebibytes: number): string => rbd("resize", "--allow-shrink", "--no-progress", "--size", `${mebibytes}M`, `${pool}/${image}`);

/** A volume on an encrypted image of this size, of which the header takes 4 MiB. */
async function encrypted(bench: Bench, mebibytes: number): Promise<{ readonly image: string; readonly volume: Connection }> {
  const passphraseFile = join(bench.directory, "passphrase");
  await writeFile(passphraseFile, "open sesame");
  const info = imageInfo();
  resize(info.image, mebibytes);
  rbd("encryption", "format", `${pool}/${info.image}`, "luks1", passphraseFile);
  const encryption = { format: "luks1", headerBytes: 4 * MiB, passphraseFile } as const;
  return { image: info.image, volume: await bench.connection({ ...info, encryption }, info.image) };
}

describe.runIf(canAttach && process.env["SB_LAB_LIVE"] === "1")("fuse-loop on a real cluster", { timeout: 60_000 }, () => {
  it("takes an image through its life, and the stock command reads back what was written", async () => {
    const bench = await openBench();
    const { host } = bench;
    const volume = await imageVolume(bench);
    const record = await host.attach(volume, "test");
    expect(record.device).toMatchObject({ method: "fuse-loop", readOnly: false });
    expect(await host.attach(volume, "test")).toEqual(record);
    expect(await host.describe(volume, "test")).toEqual(record);
    const journal = memoryJournal();
    const directory = await bench.mountPoint("m");
    const mount = await host.mount({ attachment: record, directory, fsType: "xfs" }, journal);
    await writeFile(join(directory, "file"), Buffer.alloc(4 * MiB, "kept"));
    const sum = must("sha256sum", join(directory, "file"));
    await expect(host.detach(record)).rejects.toMatchObject({ reason: "device-held" });
    await host.unmount(mount);
    await host.detach(record);
    await host.detach(record);
    expectNothingLeft(bench);
    const again = await host.attach(volume, "test");
    const second = await host.mount({ attachment: again, directory }, journal);
    expect(must("sha256sum", join(directory, "file"))).toBe(sum);
    await host.unmount(second);
    await host.detach(again);
    expectNothingLeft(bench);
  });

  it("keeps bytes that were written without a flush", async () => {
    const bench = await openBench();
    const volume = await imageVolume(bench);
    const record = await bench.host.attach(volume, "test");
    const bytes = Buffer.alloc(8 * MiB, "southbound ");
    writeFileSync(pathOf(record), bytes);
    await bench.host.detach(record);
    const exported = join(bench.directory, "export");
    if (volume.info.protocol === "rbd") rbd("export", "--no-progress", `${pool}/${volume.info.image}`, exported);
    expect(readFileSync(exported).subarray(0, bytes.length).equals(bytes)).toBe(true);
  });

  it("gives a read-only device for a reading mode", async () => {
    const bench = await openBench();
    const record = await bench.host.attach(await imageVolume(bench, { readOnly: true }), "test");
    expect(must("blockdev", "--getro", pathOf(record)).trim()).toBe("1");
    await bench.host.detach(record);
    expectNothingLeft(bench);
  });

  it("works from the monitors and a key alone, and shows the key to nobody", async () => {
    const bench = await openBench();
    const key = userKey();
    const record = await bench.host.attach(await imageVolume(bench, { conf: undefined, key: secret(key), monitors: monitors() }), "test");
    const daemons = pidsMentioning(bench.directory);
    expect(daemons).toHaveLength(1);
    expect(readFileSync(`/proc/${daemons[0] ?? 0}/cmdline`, "utf8")).not.toContain(key);
    expect(JSON.stringify(record)).not.toContain(key);
    expect(must("find", bench.runtimeDir, "-type", "f", "-perm", "/077", "-name", "keyring")).toBe("");
    await bench.host.detach(record);
    expectNothingLeft(bench);
  });

  it("is attached by another process than the one that connected, key and all", async () => {
    const bench = await openBench();
    const volume = await imageVolume(bench, { conf: undefined, key: secret(userKey()), monitors: monitors() });
    const argument = exportConnection(volume);
    const { stdout } = await startDock({ runtimeDir: bench.runtimeDir, operation: "attach-exported", argument }).ended;
    const record = JSON.parse(stdout) as AttachmentRecord;
    expect(await bench.host.describe(volume, "test")).toEqual(record);
    await bench.host.detach(record);
    expectNothingLeft(bench);
  });

  it("is mended by attach after its daemon was killed, and what was flushed is there", async () => {
    const bench = await openBench();
    const volume = await imageVolume(bench);
    const record = await bench.host.attach(volume, "test");
    must("dd", "if=/dev/urandom", `of=${pathOf(record)}`, "bs=1M", "count=2", "conv=fsync", "status=none");
    const sum = must("sha256sum", "-b", pathOf(record)).split(" ")[0];
    for (const pid of pidsMentioning(bench.directory)) process.kill(pid, "SIGKILL");
    const mended = await bench.host.attach(volume, "test");
    expect(must("sha256sum", "-b", pathOf(mended)).split(" ")[0]).toBe(sum);
    await bench.host.detach(mended);
    expectNothingLeft(bench);
  });

  it("is not formatted when its daemon is dead and it looks blank, and is detached then too", async () => {
    const bench = await openBench();
    const attachment = await bench.host.attach(await imageVolume(bench), "test");
    for (const pid of pidsMentioning(bench.directory)) process.kill(pid, "SIGKILL");
    const journal = memoryJournal();
    await expect(bench.host.mount({ attachment, directory: await bench.mountPoint("m") }, journal)).rejects.toMatchObject({
      reason: "device-unreadable",
      outcome: "none",
    });
    expect(journal.current()).toBeNull();
    await bench.host.detach(attachment);
    expectNothingLeft(bench);
  });

  it("survives the dock that attached it, and a dock killed at any step leaves what the replay finishes", { timeout: 120_000 }, async () => {
    const bench = await openBench();
    const { host, runtimeDir } = bench;
    const argument = await imageVolume(bench);
    const survived = await startDock({ runtimeDir, operation: "attach", argument }).ended;
    const first = JSON.parse(survived.stdout) as AttachmentRecord;
    expect(await host.describe(argument, "test")).toEqual(first);
    await host.detach(first);

    for (const finish of ["attach", "detach"] as const) {
      for (let step = 0, died = true; died; step += 1) {
        ({ died } = await startDock({ runtimeDir, operation: "attach", argument, dieAtStep: step }).ended);
        const record = finish === "attach" ? await host.attach(argument, "test") : await host.describe(argument, "test");
        await host.detach(record);
        expectNothingLeft(bench);
      }
    }
    for (let step = 0, died = true; died; step += 1) {
      const record = await host.attach(argument, "test");
      ({ died } = await startDock({ runtimeDir, operation: "detach", argument: record, dieAtStep: step }).ended);
      await host.detach(record);
      expectNothingLeft(bench);
    }
  });

  it("leaves nothing when the call is cancelled while the daemon starts", async () => {
    const bench = await openBench();
    const volume = await imageVolume(bench);
    const controller = new AbortController();
    const stopping = await openBench({
      runtimeDir: bench.runtimeDir,
      onStep: (_, step) => {
        if (step === "start-storage-daemon") setTimeout(() => controller.abort(), 15);
      },
    });
    await expect(stopping.host.attach(volume, "test", { signal: controller.signal })).rejects.toMatchObject({ code: "CANCELLED" });
    await bench.host.detach(await bench.host.attach(volume, "test"));
    expectNothingLeft(bench);
  });

  it("has an encrypted image closed by a daemon that was to end while it derived the key", async () => {
    const bench = await openBench();
    const { image, volume } = await encrypted(bench, 256);
    const opening = async (): Promise<void> => {
      while (watchersOf(image).length === 0) await sleep(20);
      expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(bench.runtimeDir);
    };

    const dock = startDock({ runtimeDir: bench.runtimeDir, operation: "attach", argument: volume });
    await opening();
    dock.child.kill("SIGKILL");
    await dock.ended;
    await bench.host.detach(await bench.host.attach(volume, "test"));
    expectNothingLeft(bench);
    expect(watchersOf(image)).toEqual([]);

    const caller = new AbortController();
    const cancelled = bench.host.attach(volume, "test", { signal: caller.signal });
    await opening();
    caller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: "CANCELLED" });
    await bench.host.detach(await bench.host.attach(volume, "test"));
    expectNothingLeft(bench);
    expect(watchersOf(image)).toEqual([]);
  });

  it("does not grow an encrypted device smaller than its header, which would take it away, and has the new size attached again", async () => {
    const bench = await openBench();
    const { image, volume } = await encrypted(bench, 6);
    const record = await bench.host.attach(volume, "test");
    const sizeOf = (path: string): string => must("blockdev", "--getsize64", path).trim();
    expect(sizeOf(pathOf(record))).toBe(String(2 * MiB));

    resize(image, 12);
    await expect(bench.host.grow(record)).rejects.toMatchObject({ reason: "grow-failed", outcome: "none", message: expect.stringContaining("smaller than its encryption's header") as string });
    must("dd", `if=${pathOf(record)}`, "of=/dev/null", "bs=1M", "iflag=direct", "status=none");
    await bench.host.detach(record);
    const again = await bench.host.attach(volume, "test");
    expect(sizeOf(pathOf(again))).toBe(String(8 * MiB));
    await bench.host.detach(again);
    expectNothingLeft(bench);
  });

  const failures: readonly (readonly [string, string, Partial<RbdConnectionInfo>])[] = [
    ["no image", "volume-not-found", { image: "no-such-image" }],
    ["a wrong key", "permission-denied", { conf: undefined, key: secret("AQCBhgNrgk1IIBAAqqqqqqqqqqqqqqqqqqqqqg=="), monitors: [] }],
    ["no ceph.conf", "conf-missing", { conf: "/no/such/ceph.conf" }],
  ];
  it.each(failures)("fails in words and leaves nothing: %s", async (_, reason, part) => {
    const bench = await openBench();
    const volume = await imageVolume(bench, { ...part, monitors: monitors() });
    const failed = bench.host.attach(volume, "test");
    await expect(failed).rejects.toMatchObject({ reason, outcome: "none" });
    await expect(failed).rejects.not.toThrow(/node-name|blockdev/);
    expectNothingLeft(bench);
  });
});
