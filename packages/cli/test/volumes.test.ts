import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDesk, type Desk } from "./support.js";

let desk: Desk;
beforeAll(async () => {
  desk = await createDesk();
});
afterAll(() => desk.remove());

describe("opensds volume", () => {
  it("makes one volume however often it is asked, shows it, and deletes it only after a yes", async () => {
    const first = await desk.json("volume", "create", "db", "--size", "64MiB");
    expect(await desk.json("volume", "create", "db", "--size", "64MiB")).toEqual(first);
    expect(first).toMatchObject({ backend: "local", name: "db", sizeBytes: 64 * 1024 ** 2, state: "available" });
    expect(await desk.json("volume", "ls")).toEqual([first]);
    expect(await desk.json("volume", "show", "db")).toMatchObject({ name: "db", attachments: [], health: { condition: "healthy" } });

    const refused = await desk.opensds("volume", "delete", "db");
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain('delete volume "db" (64 MiB, available) of local');
    expect(await desk.json("volume", "ls")).toHaveLength(1);

    expect(await desk.json("volume", "delete", "db", "--yes")).toMatchObject({ deleted: true, name: "db" });
    expect(await desk.json("volume", "delete", "db", "--yes")).toEqual({ backend: "local", deleted: false });
    expect(await desk.json("volume", "ls")).toEqual([]);
  });

  it("brings a deleted volume back, or purges it for good", async () => {
    const volume = await desk.json("volume", "create", "mistake", "--size", "1MiB");
    await desk.json("volume", "delete", "mistake", "--yes");
    const trashed = await desk.opensds("trash", "ls", "--table");
    expect(trashed.stdout).toContain("mistake");
    const id = typeof volume === "object" && volume !== null && "id" in volume ? String(volume.id) : "";
    expect(await desk.json("trash", "restore", id, "--name", "back")).toMatchObject({ id, name: "back" });
    expect(await desk.json("volume", "show", id, "--id")).toMatchObject({ name: "back" });
    await desk.json("volume", "delete", "back", "--yes");
    expect((await desk.opensds("trash", "purge", id)).code).toBe(2);
    await desk.json("trash", "purge", id, "--yes");
    expect(await desk.json("volume", "ls")).toEqual([]);
  });

  it("takes names that look like options, ids or commands", async () => {
    for (const name of ["--help", "ls", "a b/../é🙂"]) {
      expect(await desk.json("volume", "create", "--size", "1MiB", "--", name)).toMatchObject({ name });
      expect(await desk.json("volume", "show", "--", name)).toMatchObject({ name });
      expect(await desk.json("volume", "delete", "--yes", "--", name)).toMatchObject({ deleted: true, name });
    }
  });

  it("cuts snapshots, makes volumes of them, goes back to them, and grows volumes", async () => {
    await desk.json("volume", "create", "source", "--size", "1MiB");
    const snapshot = await desk.json("snapshot", "create", "monday", "--volume", "source");
    expect(snapshot).toMatchObject({ name: "monday", readyToUse: true });
    expect(await desk.json("snapshot", "ls", "--volume", "source")).toEqual([snapshot]);
    expect(await desk.json("snapshot", "show", "monday")).toEqual(snapshot);
    expect(await desk.json("volume", "create", "copy", "--size", "2MiB", "--from-snapshot", "monday")).toMatchObject({ source: { kind: "snapshot" } });
    expect(await desk.json("volume", "expand", "source", "--size", "4MiB")).toMatchObject({ sizeBytes: 4 * 1024 ** 2, hostStep: "none" });
    expect((await desk.opensds("snapshot", "revert", "monday")).code).toBe(2);
    expect(await desk.json("snapshot", "revert", "monday", "--yes")).toMatchObject({ name: "source", sizeBytes: 4 * 1024 ** 2 });
    expect(await desk.json("snapshot", "delete", "monday", "--yes")).toMatchObject({ deleted: true });
    expect(await desk.json("snapshot", "ls")).toEqual([]);
    for (const name of ["source", "copy"]) await desk.json("volume", "delete", name, "--yes");
  });
});

describe("several backends", () => {
  it("are listed together; one that does not work is told of and keeps the others from nothing", async () => {
    await desk.json("--backends", "several.json", "--backend", "local", "volume", "create", "one", "--size", "1MiB");
    await desk.json("--backends", "several.json", "--backend", "other", "volume", "create", "two", "--size", "1MiB");
    const { code, stdout, stderr } = await desk.opensds("--backends", "several.json", "volume", "ls");
    expect(code).not.toBe(0);
    expect(stderr).toContain("on broken");
    const listed: unknown = JSON.parse(stdout);
    expect(listed).toMatchObject([{ backend: "local", name: "one" }, { backend: "other", name: "two" }]);
    const backends = await desk.opensds("--backends", "several.json", "backend", "ls", "--table");
    expect(backends.stdout).toMatch(/^broken +reference +no +-$/m);
  });

  it("need a name where something is done to one of them", async () => {
    const { code, stderr } = await desk.opensds("--backends", "several.json", "volume", "create", "three", "--size", "1MiB");
    expect({ code, stderr }).toEqual({ code: 2, stderr: "opensds: which backend? Name one by --backend NAME or OPENSDS_BACKEND: local, other, broken\n" });
  });
});

describe("care", () => {
  it("has a doctor, pools, and nothing to reconcile", async () => {
    const findings = await desk.json("doctor");
    expect(findings).toEqual(expect.arrayContaining([expect.objectContaining({ backend: "local", status: "ok" })]));
    expect(await desk.json("pool", "ls")).toMatchObject([{ backend: "local", provisioned: { kind: "bytes" } }]);
    expect(await desk.json("reconcile")).toEqual([]);
    expect(await desk.json("reconcile", "--repair")).toEqual([]);
  });

  it("cuts a host off only after a yes, and lets it in again", async () => {
    expect((await desk.opensds("fence", "dock-9")).code).toBe(2);
    expect(await desk.json("fence", "dock-9", "--yes")).toMatchObject({ hostId: "dock-9", attachmentIds: [] });
    expect(await desk.json("unfence", "dock-9")).toEqual({ hostId: "dock-9" });
  });
});
