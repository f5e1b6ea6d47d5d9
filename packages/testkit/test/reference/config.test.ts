import { mkdir, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDriverDefinition } from "@opensds/core";
import defaultExport, { memoryReference, reference } from "@opensds/testkit/reference";
import { describe, expect, it } from "vitest";
import { Client, context, failure, openDirectory, temporaryDirectory } from "./support.js";

async function issues(value: unknown): Promise<string[]> {
  const result = await reference.config["~standard"].validate(value);
  return (result.issues ?? []).map(({ path = [], message }) => {
    const keys = path.map((part) => String(typeof part === "object" ? part.key : part));
    return `${keys.join(".")}: ${message}`;
  });
}

describe("the configuration", () => {
  it.each([{ dir: "/srv/v" }, { dir: "/srv/v", capacityBytes: 1 }, { store: "memory" }, { store: "memory", name: "a", capacityBytes: 5, trash: true }])(
    "takes %j",
    async (value) => {
      expect(await reference.config["~standard"].validate(value)).toMatchObject({ value });
    },
  );

  it.each<[unknown, RegExp]>([
    [{ dir: "relative" }, /^dir: must be an absolute path$/],
    [{ dir: "/srv/v", capacityBytes: 0 }, /^capacityBytes: must be at least 1 byte$/],
    [{ dir: "/srv/v", capacityBytes: 1.5 }, /^capacityBytes: must be whole bytes/],
    [{ store: "disk" }, /must be \{ dir: <absolute path>/],
    [{ dir: "/srv/v", store: "memory" }, /must be \{ dir: <absolute path>/],
    [{ drr: "/srv/v" }, /must be \{ dir: <absolute path>/],
    [{}, /must be \{ dir: <absolute path>/],
    [null, /must be \{ dir: <absolute path>/],
  ])("refuses %j", async (value, message) => {
    expect((await issues(value)).join("\n")).toMatch(message);
  });

  it("is exported by name and as default", () => {
    expect(defaultExport).toBe(reference);
    expect(isDriverDefinition(reference)).toBe(true);
    expect(reference.kind).toBe("reference");
  });
});

describe("setup", () => {
  it("makes the directory, not its parents", async () => {
    const parent = await temporaryDirectory();
    await openDirectory(join(parent, "new"));
    expect((await stat(join(parent, "new"))).isDirectory()).toBe(true);
    const error = await failure(openDirectory(join(parent, "a", "b")));
    expect(error).toMatchObject({ code: "NOT_FOUND", reason: "directory-not-found" });
    expect(error.message).toContain(join(parent, "a", "b"));
  });

  it("refuses a file", async () => {
    const file = join(await temporaryDirectory(), "file");
    await writeFile(file, "");
    expect(await failure(openDirectory(file))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "directory-is-file" });
  });

  it.skipIf(process.platform === "win32")("follows a symbolic link, and connections name the real path", async () => {
    const parent = await temporaryDirectory();
    await mkdir(join(parent, "real"));
    await symlink(join(parent, "real"), join(parent, "link"));
    const client = await openDirectory(join(parent, "link"));
    const { info } = await client.connect((await client.create("v")).id, "h");
    expect(info.protocol === "file" && info.path).toContain(join(parent, "real"));
  });

  it("leaves foreign files alone", async () => {
    const dir = await temporaryDirectory();
    await openDirectory(dir);
    await writeFile(join(dir, "notes.txt"), "mine");
    await writeFile(join(dir, "volumes", ".DS_Store"), "");
    const client = await openDirectory(dir);
    expect(await client.list()).toEqual([]);
    expect(await readdir(dir)).toContain("notes.txt");
  });

  it("keeps memory volumes by name across connections, and apart from other definitions'", async () => {
    const open = async (definition: typeof reference, name?: string) =>
      new Client(await definition.connect({ store: "memory", name }, context("setup")));
    const definition = memoryReference();
    const volume = await (await open(definition)).create("v");
    expect(await (await open(definition)).list()).toEqual([volume]);
    expect(await (await open(definition, "other")).list()).toEqual([]);
    expect(await (await open(memoryReference())).list()).toEqual([]);
  });
});

describe("a directory that is gone", () => {
  it("is UNAVAILABLE, not an empty backend", async () => {
    const dir = join(await temporaryDirectory(), "d");
    const client = await openDirectory(dir);
    const { id } = await client.create("v");
    await rm(dir, { recursive: true });
    const calls = [
      () => client.get("v"),
      () => client.getById(id),
      () => client.list(),
      () => client.create("w"),
      () => client.remove(id),
      () => client.connect(id, "h"),
    ];
    for (const call of calls) {
      expect(await failure(call())).toMatchObject({ code: "UNAVAILABLE", reason: "directory-not-found" });
    }
  });
});
