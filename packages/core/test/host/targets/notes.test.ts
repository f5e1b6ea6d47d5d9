import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { volumeId } from "@opensds/core";
import { targetNotes, type TargetNote } from "../../../src/host/target-notes.js";
import { scratchDirectory } from "./tree.js";

const note = (name: string): TargetNote => ({ volumeId: volumeId(name), units: ["iqn.a 1"], logins: ["iqn.a 10.0.0.5:3260"], source: null });

describe("notes of what a host has logged in to", () => {
  it("are kept one for each volume, for root alone, until they are removed", async () => {
    const root = await scratchDirectory();
    const notes = targetNotes(root, "iscsi");
    expect(await notes.list()).toEqual([]);
    await notes.write(note("../a"));
    await notes.write(note("b"));
    await notes.write({ ...note("b"), source: "naa.1" });
    expect(await readdir(root)).toEqual(["iscsi"]);
    const byVolume = [...(await targetNotes(root, "iscsi").list())].sort((one, other) => (one.volumeId < other.volumeId ? -1 : 1));
    expect(byVolume).toEqual([note("../a"), { ...note("b"), source: "naa.1" }]);
    for (const name of await readdir(join(root, "iscsi"))) expect((await stat(join(root, "iscsi", name))).mode & 0o077).toBe(0);
    await notes.remove(volumeId("b"));
    await notes.remove(volumeId("b"));
    expect(await notes.list()).toEqual([note("../a")]);
    expect(await targetNotes(root, "nvme-tcp").list()).toEqual([]);
  });

  it("leave alone what another version wrote", async () => {
    const root = await scratchDirectory();
    await mkdir(join(root, "nfs"));
    await writeFile(join(root, "nfs", "later.json"), JSON.stringify({ version: 9 }));
    expect(await targetNotes(root, "nfs").list()).toEqual([]);
    expect(await readdir(join(root, "nfs"))).toEqual(["later.json"]);
  });
});
