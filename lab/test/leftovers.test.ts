import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loopDevices } from "../src/leftovers.js";
import { isUnder, parseMountinfo } from "../src/mounts.js";

const sysfs = mkdtempSync(join(tmpdir(), "lab-sysfs-"));
afterAll(() => rmSync(sysfs, { recursive: true }));

function loop(name: string, device: string, backingFile?: string): void {
  mkdirSync(join(sysfs, name, "loop"), { recursive: true });
  writeFileSync(join(sysfs, name, "dev"), `${device}\n`);
  if (backingFile !== undefined) writeFileSync(join(sysfs, name, "loop", "backing_file"), `${backingFile}\n`);
}

describe("what a driver may leave on the host", () => {
  it("is the loop devices on files of this lab, and of no other", () => {
    loop("loop0", "7:0");
    loop("loop1", "7:1", "/r/.lab/host/a");
    loop("loop2", "7:2", "/other/.lab/host/a");
    loop("loop3", "7:3", "/r/.lab/host/b (deleted)");
    mkdirSync(join(sysfs, "vda"));
    expect(loopDevices("/r/.lab", sysfs)).toEqual([
      { name: "loop1", device: "7:1", backingFile: "/r/.lab/host/a" },
      { name: "loop3", device: "7:3", backingFile: "/r/.lab/host/b" },
    ]);
  });

  it("is read from the mount table with odd names and any number of optional fields", () => {
    const text = [
      "22 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw",
      "40 22 7:1 / /r/.lab/a\\040b rw - xfs /dev/loop1 rw",
      "41 22 0:50 / /r/.lab/host/f rw shared:9 - fuse /dev/fuse rw",
      "",
    ].join("\n");
    expect(parseMountinfo(text).slice(1)).toEqual([
      { device: "7:1", target: "/r/.lab/a b", type: "xfs", source: "/dev/loop1" },
      { device: "0:50", target: "/r/.lab/host/f", type: "fuse", source: "/dev/fuse" },
    ]);
  });

  it("takes a path for what it is, not for how it begins", () => {
    expect(isUnder("/r/.lab/x", "/r/.lab")).toBe(true);
    expect(isUnder("/r/.lab", "/r/.lab")).toBe(true);
    expect(isUnder("/r/.lab2", "/r/.lab")).toBe(false);
  });
});
