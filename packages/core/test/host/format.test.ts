import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AttachmentRecord, FormatRecord } from "@opensds/core";
import { canAttach, memoryJournal, MiB, must, openBench, pathOf, type Bench } from "./support.js";

const uuid = "01234567-89ab-4cde-8f01-23456789abcd";
const attach = async (bench: Bench, sizeBytes = 64 * MiB): Promise<AttachmentRecord> => bench.host.attach(await bench.fileVolume("a", sizeBytes), "test");

describe.skipIf(!canAttach)("what bears a signature", () => {
  const signatures: readonly (readonly [string, string, (path: string) => void])[] = [
    ["a partition table", "gpt", (path) => void must("parted", "-s", path, "mklabel", "gpt")],
    ["an old partition table", "dos", (path) => void must("parted", "-s", path, "mklabel", "msdos", "mkpart", "primary", "1MiB", "50MiB")],
    ["swap", "swap", (path) => void must("mkswap", path)],
    ["ext2", "ext2", (path) => void must("mkfs.ext2", "-q", path)],
    ["LVM's label", "LVM2_member", (path) => {
      const label = Buffer.alloc(1024);
      label.write("LABELONE", 512);
      label.writeUInt32LE(1, 520);
      label.write("LVM2 001", 536);
      writeFileSync(path, label);
    }],
  ];
  it.each(signatures)("is never formatted: %s", async (_, word, mark) => {
    const bench = await openBench();
    const attachment = await attach(bench);
    mark(pathOf(attachment));
    const before = must("sha256sum", pathOf(attachment));
    const journal = memoryJournal();
    const refusal = bench.host.mount({ attachment, directory: await bench.mountPoint("m") }, journal);
    await expect(refusal).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "device-not-blank", outcome: "none" });
    await expect(refusal).rejects.toThrow(word);
    expect(must("sha256sum", pathOf(attachment))).toBe(before);
    expect(journal.current()).toBeNull();
    await bench.host.detach(attachment);
  });

  it("is mounted when it is a file system of ours, and not formatted as another", async () => {
    const bench = await openBench();
    const attachment = await attach(bench);
    must("mkfs.ext4", "-q", "-U", uuid, pathOf(attachment));
    const directory = await bench.mountPoint("m");
    const journal = memoryJournal();
    await expect(bench.host.mount({ attachment, directory, fsType: "xfs" }, journal)).rejects.toMatchObject({ reason: "file-system-differs", outcome: "none" });
    const record = await bench.host.mount({ attachment, directory }, journal);
    expect(record.fsUuid).toBe(uuid);
    expect(journal.current()).toBeNull();
    await bench.host.unmount(record);
    await bench.host.detach(attachment);
  });
});

describe.skipIf(!canAttach)("a blank device", () => {
  it("is not formatted when the request says never, or for a reader", async () => {
    const bench = await openBench();
    const attachment = await attach(bench);
    const directory = await bench.mountPoint("m");
    for (const terms of [{ format: "never" as const }, { readOnly: true }]) {
      await expect(bench.host.mount({ attachment, directory, ...terms }, memoryJournal())).rejects.toMatchObject({ reason: "device-blank", outcome: "none" });
    }
    expect(must("wipefs", "--no-act", "--noheadings", pathOf(attachment))).toBe("");
    await bench.host.detach(attachment);
  });

  it("is not recorded as formatting when it is too small", async () => {
    const bench = await openBench();
    const attachment = await attach(bench);
    const journal = memoryJournal();
    await expect(bench.host.mount({ attachment, directory: await bench.mountPoint("m"), fsType: "xfs" }, journal)).rejects.toMatchObject({
      reason: "volume-too-small",
      outcome: "none",
    });
    expect(journal.current()).toBeNull();
    await bench.host.detach(attachment);
  });

  it("takes over another's record of the same type, and its UUID", async () => {
    const bench = await openBench();
    const attachment = await attach(bench);
    const recorded: FormatRecord = { state: "formatting", fsType: "ext4", fsUuid: uuid };
    const journal = memoryJournal(recorded);
    const slow = { ...journal, read: () => Promise.resolve(null) };
    const record = await bench.host.mount({ attachment, directory: await bench.mountPoint("m") }, slow);
    expect(record.fsUuid).toBe(uuid);
    await bench.host.unmount(record);
    await bench.host.detach(attachment);
  });

  it("is never formatted when it is recorded as formatted", async () => {
    const bench = await openBench();
    const attachment = await attach(bench);
    const directory = await bench.mountPoint("m");
    const lost = { code: "FAILED_PRECONDITION", reason: "file-system-lost", outcome: "none" };
    const journal = memoryJournal({ state: "formatted", fsType: "ext4", fsUuid: uuid });
    await expect(bench.host.mount({ attachment, directory }, journal)).rejects.toMatchObject(lost);
    must("mkfs.ext4", "-q", pathOf(attachment));
    await expect(bench.host.mount({ attachment, directory }, journal)).rejects.toMatchObject(lost);
    await bench.host.detach(attachment);
  });

  it("is formatted once when two calls mount it at once", async () => {
    const bench = await openBench();
    const attachment = await attach(bench);
    const directory = await bench.mountPoint("m");
    const journal = memoryJournal();
    let formats = 0;
    const counting = { ...journal, write: (next: FormatRecord) => ((formats += next.state === "formatted" ? 1 : 0), journal.write(next, {})) };
    const [one, two] = await Promise.all([0, 1].map(() => bench.host.mount({ attachment, directory }, counting)));
    expect(one).toEqual(two);
    expect(formats).toBe(1);
    if (one !== undefined) await bench.host.unmount(one);
    await bench.host.detach(attachment);
  });
});

/** What the kernel says of a process; nothing when it has ended meanwhile. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

describe.skipIf(!canAttach)("a mkfs that was killed", () => {
  /** Kills the mkfs that a call of this process runs, some time after it began; whether there was one to kill. */
  async function killMkfs(call: Promise<unknown>, afterMs: number): Promise<boolean> {
    const ended = new AbortController();
    void call.finally(() => ended.abort());
    while (!ended.signal.aborted) {
      const children = readdirSync("/proc/self/task").flatMap((tid) => textOf(`/proc/self/task/${tid}/children`).split(" "));
      for (const pid of children.filter((child) => child !== "")) {
        if (!textOf(`/proc/${pid}/comm`).startsWith("mkfs.")) continue;
        if (afterMs > 0) await sleep(afterMs);
        try {
          process.kill(Number(pid), "SIGKILL");
          return true;
        } catch {
          return false;
        }
      }
      await sleep(1);
    }
    return false;
  }

  it.each(["ext4", "xfs"] as const)("%s is made again by the replay, at whatever moment", async (fsType) => {
    let killed = 0;
    for (const afterMs of [0, 2, 6]) {
      const bench = await openBench();
      const attachment = await attach(bench, 512 * MiB);
      const directory = await bench.mountPoint("m");
      const journal = memoryJournal();
      const call = bench.host.mount({ attachment, directory, fsType }, journal).catch((error: unknown) => error);
      const hit = await killMkfs(call, afterMs);
      const result = await call;
      if (hit && result instanceof Error) {
        killed += 1;
        expect(result).toMatchObject({ code: "UNAVAILABLE", reason: "command-killed" });
        expect(journal.current()?.state).toBe("formatting");
      }
      const record = await bench.host.mount({ attachment, directory, fsType }, journal);
      expect(journal.current()).toEqual({ state: "formatted", fsType, fsUuid: record.fsUuid });
      await writeFile(join(directory, "probe"), "works");
      await bench.host.unmount(record);
      must(fsType === "xfs" ? "xfs_repair" : "e2fsck", ...(fsType === "xfs" ? ["-n"] : ["-f", "-n"]), pathOf(attachment));
      await bench.host.detach(attachment);
    }
    expect(killed).toBeGreaterThan(0);
  });

  it("that left a signature and a broken file system is made again, with the recorded UUID", async () => {
    const bench = await openBench();
    const attachment = await attach(bench, 512 * MiB);
    // As measured: the first superblock is there, the rest is not.
    must("mkfs.xfs", "-q", "-m", `uuid=${uuid}`, pathOf(attachment));
    must("dd", "if=/dev/zero", `of=${pathOf(attachment)}`, "bs=1M", "oflag=seek_bytes", "seek=512", "count=500", "conv=notrunc", "status=none");
    expect(must("blkid", "-p", pathOf(attachment))).toContain("xfs");
    const directory = await bench.mountPoint("m");
    await expect(bench.host.mount({ attachment, directory }, memoryJournal())).rejects.toMatchObject({ reason: "mount-failed" });
    const journal = memoryJournal({ state: "formatting", fsType: "xfs", fsUuid: uuid });
    await expect(bench.host.mount({ attachment, directory, fsType: "ext4" }, journal)).rejects.toMatchObject({ reason: "format-unfinished" });
    const record = await bench.host.mount({ attachment, directory }, journal);
    expect(record).toMatchObject({ fsType: "xfs", fsUuid: uuid });
    await bench.host.unmount(record);
    await bench.host.detach(attachment);
  });

  it("gives no right to somebody else's file system", async () => {
    const bench = await openBench();
    const attachment = await attach(bench);
    must("mkfs.ext4", "-q", pathOf(attachment));
    const journal = memoryJournal({ state: "formatting", fsType: "ext4", fsUuid: uuid });
    await expect(bench.host.mount({ attachment, directory: await bench.mountPoint("m") }, journal)).rejects.toMatchObject({ reason: "device-not-blank" });
    await bench.host.detach(attachment);
  });
});

describe.skipIf(!canAttach)("a mkfs that fails", () => {
  it("is said to have failed, and its replay succeeds when it is mended", async () => {
    const bench = await openBench();
    const attachment = await attach(bench);
    const tools = join(bench.directory, "bin");
    await mkdir(tools);
    await writeFile(join(tools, "mkfs.ext4"), "#!/bin/sh\necho 'mkfs.ext4: no luck' >&2; exit 1\n", { mode: 0o755 });
    const path = process.env["PATH"] ?? "";
    onTestFinished(() => {
      process.env["PATH"] = path;
    });
    process.env["PATH"] = `${tools}:${path}`;
    const journal = memoryJournal();
    const directory = await bench.mountPoint("m");
    const failed = bench.host.mount({ attachment, directory }, journal);
    await expect(failed).rejects.toMatchObject({ reason: "format-failed" });
    await expect(failed).rejects.toThrow("no luck");
    process.env["PATH"] = path;
    await bench.host.unmount(await bench.host.mount({ attachment, directory }, journal));
    await bench.host.detach(attachment);
  });
});
