import { existsSync, readFileSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AttachmentRecord, MountVolumeRequest } from "@opensds/core";
import { canAttach, memoryJournal, MiB, must, openBench, startHolder, stop, type Bench } from "./support.js";

const mountsAt = (directory: string): number =>
  readFileSync("/proc/self/mountinfo", "utf8").split("\n").filter((line) => line.split(" ")[4] === directory).length;

/** An attached volume that already bears a file system. */
async function formatted(bench: Bench, fsType: "ext4" | "xfs" = "ext4", name = "a"): Promise<AttachmentRecord> {
  const record = await bench.host.attach(await bench.fileVolume(name, fsType === "xfs" ? 512 * MiB : 64 * MiB), "test");
  must(`mkfs.${fsType}`, "-q", record.device?.path ?? "");
  return record;
}

describe.skipIf(!canAttach)("mounting", () => {
  it("gives one mount however often it is asked, and takes it away", async () => {
    const bench = await openBench();
    const { host } = bench;
    const attachment = await host.attach(await bench.fileVolume("a"), "test");
    const directory = await bench.mountPoint("m");
    const journal = memoryJournal();
    const first = await host.mount({ attachment, directory }, journal);
    expect(first).toMatchObject({ fsType: "ext4", directory, readOnly: false, createdDirectory: false, device: attachment.device });
    expect(journal.current()).toEqual({ state: "formatted", fsType: "ext4", fsUuid: first.fsUuid });
    expect(await host.mount({ attachment, directory: `${directory}/` }, journal)).toEqual(first);
    expect(await host.listMounts([attachment])).toEqual([first]);
    expect(mountsAt(directory)).toBe(1);
    await writeFile(join(directory, "kept"), "yes");
    await host.unmount(first);
    await host.unmount(first);
    expect(mountsAt(directory)).toBe(0);
    await host.detach(attachment);
    const again = await host.attach(await bench.fileVolume("a"), "test");
    const second = await host.mount({ attachment: again, directory }, journal);
    expect(readFileSync(join(directory, "kept"), "utf8")).toBe("yes");
    expect(second.fsUuid).toBe(first.fsUuid);
    await host.unmount(second);
    await host.detach(again);
  });

  it("makes and removes the directory when asked to, and knows it again in a rebuilt record", async () => {
    const bench = await openBench();
    const attachment = await formatted(bench);
    const directory = join(bench.directory, "made");
    const record = await bench.host.mount({ attachment, directory, createDirectory: true }, memoryJournal());
    expect(record.createdDirectory).toBe(true);
    expect(await bench.host.listMounts([attachment])).toEqual([record]);
    await bench.host.unmount(record);
    expect(existsSync(directory)).toBe(false);
    const kept = await bench.mountPoint("kept");
    await bench.host.unmount(await bench.host.mount({ attachment, directory: kept, createDirectory: true }, memoryJournal()));
    expect(existsSync(kept)).toBe(true);
    await bench.host.detach(attachment);
  });

  const directories: readonly (readonly [string, string, (bench: Bench) => Promise<string>])[] = [
    ["a file", "directory-is-file", async ({ directory }) => {
      await writeFile(join(directory, "f"), "");
      return join(directory, "f");
    }],
    ["a symbolic link", "directory-is-symlink", async (bench) => {
      await symlink(await bench.mountPoint("target"), join(bench.directory, "l"));
      return join(bench.directory, "l");
    }],
    ["not empty", "directory-not-empty", async (bench) => {
      const path = await bench.mountPoint("full");
      await mkdir(join(path, "x"));
      return path;
    }],
    ["missing", "directory-not-found", ({ directory }) => Promise.resolve(join(directory, "none"))],
    ["below nothing", "directory-not-found", ({ directory }) => Promise.resolve(join(directory, "none", "below"))],
    ["another mount", "directory-in-use", () => Promise.resolve("/proc")],
  ];
  it.each(directories)("refuses a directory that is %s (%s)", async (_, reason, make) => {
    const bench = await openBench();
    const attachment = await formatted(bench);
    const directory = await make(bench);
    await expect(bench.host.mount({ attachment, directory }, memoryJournal())).rejects.toMatchObject({
      code: "FAILED_PRECONDITION",
      reason,
      outcome: "none",
    });
    expect(await bench.host.listMounts([attachment])).toEqual([]);
    await bench.host.detach(attachment);
  });

  it("resolves links in the parents of a directory", async () => {
    const bench = await openBench();
    const attachment = await formatted(bench);
    await mkdir(join(bench.directory, "real", "m"), { recursive: true });
    await symlink(join(bench.directory, "real"), join(bench.directory, "alias"));
    const record = await bench.host.mount({ attachment, directory: join(bench.directory, "alias", "m") }, memoryJournal());
    expect(record.directory).toBe(join(bench.directory, "real", "m"));
    await bench.host.unmount(record);
    await bench.host.detach(attachment);
  });

  it("refuses a second directory for one writer, naming the first", async () => {
    const bench = await openBench();
    const attachment = await formatted(bench);
    const [one, two] = [await bench.mountPoint("one"), await bench.mountPoint("two")];
    const record = await bench.host.mount({ attachment, directory: one }, memoryJournal());
    const refusal = bench.host.mount({ attachment, directory: two }, memoryJournal());
    await expect(refusal).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "already-mounted", details: { directories: [one] } });
    await bench.host.unmount(record);
    await bench.host.detach(attachment);
  });

  it("refuses other terms at the same directory", async () => {
    const bench = await openBench();
    const attachment = await formatted(bench);
    const directory = await bench.mountPoint("m");
    const record = await bench.host.mount({ attachment, directory, options: ["noatime"] }, memoryJournal());
    expect(await bench.host.mount({ attachment, directory, options: ["noatime"] }, memoryJournal())).toEqual(record);
    for (const terms of [{ readOnly: true }, { fsType: "xfs" as const }, { options: ["nosuid"] }]) {
      await expect(bench.host.mount({ attachment, directory, ...terms }, memoryJournal())).rejects.toMatchObject({
        code: "ALREADY_EXISTS",
        reason: "mount-exists",
      });
    }
    await bench.host.unmount(record);
    await bench.host.detach(attachment);
  });

  it("mounts a reader's volume read-only, at several directories", async () => {
    const bench = await openBench();
    const writer = await formatted(bench);
    await bench.host.detach(writer);
    const attachment = await bench.host.attach(await bench.fileVolume("a", 64 * MiB, "multi-reader"), "test");
    const records = [];
    for (const name of ["one", "two"]) {
      records.push(await bench.host.mount({ attachment, directory: await bench.mountPoint(name) }, memoryJournal()));
    }
    expect(records.map(({ readOnly }) => readOnly)).toEqual([true, true]);
    for (const record of records) await bench.host.unmount(record);
    await bench.host.detach(attachment);
  });

  it("mounts an xfs volume and its clone side by side", async () => {
    const bench = await openBench();
    const source = await formatted(bench, "xfs", "source");
    await bench.host.detach(source);
    must("cp", "--sparse=always", join(bench.directory, "source.img"), join(bench.directory, "clone.img"));
    const records = [];
    for (const name of ["source", "clone"]) {
      const attachment = await bench.host.attach(await bench.fileVolume(name, 512 * MiB), "test");
      records.push({ attachment, mount: await bench.host.mount({ attachment, directory: await bench.mountPoint(name) }, memoryJournal()) });
    }
    expect(records[0]?.mount.fsUuid).toBe(records[1]?.mount.fsUuid);
    for (const { attachment, mount } of records) {
      await bench.host.unmount(mount);
      await bench.host.detach(attachment);
    }
  });

  it("refuses an ordinary file system for several writers", async () => {
    const bench = await openBench();
    const attachment = await bench.host.attach(await bench.fileVolume("a", 64 * MiB, "multi-writer"), "test");
    await expect(bench.host.mount({ attachment, directory: await bench.mountPoint("m") }, memoryJournal())).rejects.toMatchObject({
      reason: "shared-file-system",
      outcome: "none",
    });
    await bench.host.detach(attachment);
  });

  it("refuses a record whose device is gone", async () => {
    const bench = await openBench();
    const attachment = await formatted(bench);
    await bench.host.detach(attachment);
    const directory = await bench.mountPoint("m");
    for (const stale of [attachment, { ...attachment, device: null }]) {
      await expect(bench.host.mount({ attachment: stale, directory }, memoryJournal())).rejects.toMatchObject({ reason: "attachment-not-found" });
    }
  });

  it("refuses to mount what another mount namespace has mounted", async () => {
    const bench = await openBench();
    const attachment = await formatted(bench);
    const directory = await bench.mountPoint("m");
    must("mount", attachment.device?.path ?? "", directory);
    const holder = await startHolder("unshare", "-m", "sh", "-c", "echo ready; read line");
    must("umount", directory);
    await expect(bench.host.mount({ attachment, directory }, memoryJournal())).rejects.toMatchObject({
      reason: "device-held",
      details: { holders: [{ pid: holder.pid, command: "sh" }] },
    });
    await stop(holder);
    await bench.host.detach(attachment);
  });

  const badRequests: readonly (readonly [string, Partial<MountVolumeRequest>])[] = [
    ["directory-not-absolute", { directory: "relative" }],
    ["directory-not-absolute", { directory: "/tmp/../etc" }],
    ["bad-mount-option", { options: ["noatime,suid"] }],
    ["bad-mount-option", { options: ["rw"] }],
    ["bad-mount-option", { options: ["remount"] }],
    ["bad-mount-option", { options: ["x-mount.mkdir"] }],
    ["bad-mount-option", { options: ["-t"] }],
    ["bad-mount-option", { options: [""] }],
  ];
  it.each(badRequests)("refuses %s: %j", async (reason, part) => {
    const bench = await openBench();
    const attachment = await formatted(bench);
    const request = { attachment, directory: await bench.mountPoint("m"), ...part };
    await expect(bench.host.mount(request, memoryJournal())).rejects.toMatchObject({ code: "INVALID_ARGUMENT", reason });
    await bench.host.detach(attachment);
  });
});

describe.skipIf(!canAttach)("unmounting", () => {
  it("names the process that uses the file system", async () => {
    const bench = await openBench();
    const attachment = await formatted(bench);
    const directory = await bench.mountPoint("m");
    const record = await bench.host.mount({ attachment, directory }, memoryJournal());
    const holder = await startHolder("sh", "-c", `cd ${directory}; echo ready; read line`);
    const refusal = bench.host.unmount(record);
    await expect(refusal).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "mount-busy", outcome: "none" });
    await expect(refusal).rejects.toThrow(`process ${holder.pid ?? 0} (sh)`);
    await stop(holder);
    await bench.host.unmount(record);
    await bench.host.detach(attachment);
  });

  it("leaves alone what is mounted there instead", async () => {
    const bench = await openBench();
    const attachment = await formatted(bench);
    const other = await formatted(bench, "ext4", "other");
    const directory = await bench.mountPoint("m");
    const stale = await bench.host.mount({ attachment, directory }, memoryJournal());
    must("umount", directory);
    const now = await bench.host.mount({ attachment: other, directory }, memoryJournal());
    await bench.host.unmount(stale);
    expect(mountsAt(directory)).toBe(1);
    await bench.host.unmount(now);
    await bench.host.detach(attachment);
    await bench.host.detach(other);
  });

  it("names a mount that lies over the volume's", async () => {
    const bench = await openBench();
    const attachment = await formatted(bench);
    const directory = await bench.mountPoint("m");
    const record = await bench.host.mount({ attachment, directory }, memoryJournal());
    must("mount", "-t", "tmpfs", "none", directory);
    await expect(bench.host.unmount(record)).rejects.toMatchObject({ reason: "mount-busy" });
    must("umount", directory);
    await bench.host.unmount(record);
    await bench.host.detach(attachment);
  });
});
