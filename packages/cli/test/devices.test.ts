import { existsSync } from "node:fs";
import { readFile, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDesk, type Desk } from "./support.js";

/** Devices need root on Linux with loop devices: as on every machine that runs everything. */
const canAttach = process.platform === "linux" && process.getuid?.() === 0 && existsSync("/dev/loop-control");

let desk: Desk;
beforeAll(async () => {
  desk = await createDesk();
  await desk.json("volume", "create", "db", "--size", "64MiB");
});
afterAll(async () => {
  // After a failure something may still be there.
  await desk.opensds("unmount", "mnt");
  for (const name of ["db", "gone"]) await desk.opensds("detach", name);
  await desk.remove();
});

describe.runIf(canAttach)("a volume's device", () => {
  it("is made, mounted, unmounted by its directory and detached by its path, each by a process of its own", async () => {
    const directory = join(desk.folder, "mnt");
    const mount = await desk.json("mount", "db", "mnt", "--create-directory", "--fs-type", "ext4");
    expect(mount).toMatchObject({ type: "mount", directory, fsType: "ext4" });
    await writeFile(join(directory, "file"), "kept");
    expect(await desk.json("mounts")).toEqual([mount]);
    expect(await desk.json("attachment", "ls", "--volume", "db")).toMatchObject([{ volumeName: "db", mode: "single-writer", device: { method: "loop" } }]);

    const held = await desk.opensds("detach", "db");
    expect(held.code).toBe(3);
    expect(held.stderr).toContain(directory);
    const inUse = await desk.opensds("volume", "delete", "db", "--yes");
    expect(inUse.code).toBe(3);

    expect(await desk.json("unmount", "mnt")).toEqual([mount]);
    expect(existsSync(directory)).toBe(false);
    const device = (await desk.opensds("attach", "db", "--table")).stdout.trim();
    expect(device).toMatch(/^\/dev\/loop\d+$/);
    await desk.json("detach", "--device", device);
    expect(await desk.json("attachment", "ls")).toEqual([]);
    expect(await desk.json("detach", "db")).toEqual([]);
  });

  it("follows its volume's growth, and its file system does when it is mounted next", async () => {
    const device = (await desk.opensds("attach", "db", "--table")).stdout.trim();
    expect(await desk.json("volume", "expand", "db", "--size", "128MiB")).toMatchObject({ hostStep: "required", sizeBytes: 128 * 1024 ** 2 });
    const sectors = await readFile(`/sys/block/${device.slice("/dev/".length)}/size`, "utf8");
    expect(Number(sectors) * 512).toBe(128 * 1024 ** 2);
    await desk.json("mount", "db", "mnt", "--create-directory");
    expect(await readFile(join(desk.folder, "mnt/file"), "utf8")).toBe("kept");
    const { blocks, bsize } = await statfs(join(desk.folder, "mnt"));
    expect(blocks * bsize).toBeGreaterThan(64 * 1024 ** 2);
    await desk.json("unmount", "mnt");
    await desk.json("detach", "db");
    await desk.json("volume", "delete", "db", "--yes");
  });

  it("is struck out of the records only after a yes that knows what it risks", async () => {
    await desk.json("volume", "create", "gone", "--size", "64MiB");
    await desk.json("attach", "gone");
    const [row] = [await desk.json("attachment", "ls")].flat();
    const id = typeof row === "object" && row !== null && "id" in row ? String(row.id) : "";
    const refused = await desk.opensds("attachment", "delete", id);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("it goes on writing");
    await desk.json("detach", "gone");
    expect(await desk.json("attachment", "delete", id, "--yes")).toMatchObject({ deleted: false });
  });
});
