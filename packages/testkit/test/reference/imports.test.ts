import { link, mkdir, readdir, readFile, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MiB, type VolumeId } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { atEachStep, countAsDead, expectClean, mustHave } from "./crash.js";
import { allPages, context, failure, openDirectory, stores, temporaryDirectory, type Client } from "./support.js";

countAsDead();

function facet(client: Client) {
  if (client.backend.imports === undefined) throw new Error("the facet is not there");
  return client.backend.imports;
}
const list = (client: Client, pageSize = 100) => allPages((token) => facet(client).listImportablePage({ pageSize, token }, context("listImportable")));
const take = (client: Client, reference: string, name: string) =>
  facet(client).importVolume({ reference, name }, context("importVolume", client.onStep));
const unmanage = (client: Client, id: VolumeId) => facet(client).unmanageVolume({ id }, context("unmanageVolume", client.onStep));

async function offer(dir: string, name: string, text = "foreign"): Promise<void> {
  const path = join(dir, "import", name);
  await writeFile(path, text);
  await truncate(path, 2 * MiB);
}
const offered = (dir: string) => readdir(join(dir, "import"));

describe("imports", () => {
  it("take files over as volumes, with all that is in them", async () => {
    const dir = await temporaryDirectory();
    const client = await openDirectory(dir);
    await offer(dir, "a b.img");
    await offer(dir, "other.img");
    expect((await list(client, 1)).map(({ reference }) => reference).sort()).toEqual(["a b.img", "other.img"]);
    const volume = await take(client, "a b.img", "v");
    expect(volume).toMatchObject({ name: "v", sizeBytes: 2 * MiB, state: "available", parameters: {} });
    expect(await client.text(volume.id)).toBe("foreign");
    expect(await take(client, "a b.img", "v")).toEqual(volume);
    expect(await offered(dir)).toEqual(["other.img"]);
    expect(await failure(take(client, "other.img", "v"))).toMatchObject({ code: "ALREADY_EXISTS", reason: "volume-exists", outcome: "none" });
    expect(await failure(take(client, "a b.img", "w"))).toMatchObject({ code: "ALREADY_EXISTS", reason: "volume-exists", details: { volumeId: volume.id } });
    expect(await failure(client.create("v", { sizeBytes: 2 * MiB }))).toMatchObject({ reason: "volume-exists" });
    await expectClean(dir);
  });

  it("refuse what cannot be a volume, and say why", async () => {
    const dir = await temporaryDirectory();
    const client = await openDirectory(dir);
    await writeFile(join(dir, "import", "odd"), "123");
    await mkdir(join(dir, "import", "directory"));
    await symlink("/etc/passwd", join(dir, "import", "link"));
    await offer(dir, "twice");
    await link(join(dir, "import", "twice"), join(dir, "elsewhere"));
    const obstacles = new Map((await list(client)).map(({ reference, obstacle }) => [reference, obstacle]));
    expect(obstacles).toEqual(
      new Map([
        ["odd", expect.stringContaining("multiple")],
        ["directory", expect.stringContaining("regular")],
        ["link", expect.stringContaining("regular")],
        ["twice", expect.stringContaining("hard links")],
      ]),
    );
    for (const reference of obstacles.keys()) {
      expect(await failure(take(client, reference, "v"))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "not-importable", outcome: "none" });
    }
    for (const reference of ["../elsewhere", "..", ".", "missing", join(dir, "import", "odd")]) {
      expect(await failure(take(client, reference, "v"))).toMatchObject({ code: "NOT_FOUND", reason: "reference-not-found" });
    }
    expect(await client.list()).toEqual([]);
  });

  it("let volumes go with their bytes, which can be taken over again", async () => {
    const dir = await temporaryDirectory();
    const client = await openDirectory(dir);
    const { id } = await client.create("v");
    await client.write(id, "mine");
    const { attachment } = await client.connect(id, "h");
    expect(await failure(unmanage(client, id))).toMatchObject({ code: "FAILED_PRECONDITION", reason: "volume-in-use", outcome: "none" });
    await client.backend.disconnectVolume({ volumeId: id, attachmentId: attachment.id }, context("disconnectVolume"));
    await unmanage(client, id);
    await unmanage(client, id);
    expect(await client.list()).toEqual([]);
    expect(await list(client)).toEqual([{ reference: `${id}.img`, sizeBytes: MiB }]);
    const again = await take(client, `${id}.img`, "w");
    expect(again.id).not.toBe(id);
    expect(await client.text(again.id)).toBe("mine");
    await expectClean(dir);
  });

  it("give a file to one of many who want it", async () => {
    const dir = await temporaryDirectory();
    const clients = await Promise.all([1, 2, 3, 4].map(() => openDirectory(dir)));
    for (let round = 0; round < 10; round += 1) {
      await offer(dir, "file");
      const results = await Promise.allSettled(clients.map((client, at) => take(client, "file", `v${round}-${at % 2}`)));
      const ids = results.flatMap((result) => (result.status === "fulfilled" ? [result.value.id] : []));
      expect(new Set(ids).size).toBe(1);
      const client = await expectClean(dir);
      expect((await client.list()).map(({ id }) => id)).toEqual([...new Set(ids)]);
      expect(await offered(dir)).toEqual([]);
      await client.remove(mustHave((await client.list())[0]).id);
    }
  });

  it("lose no file when they were killed, swept, replayed or only slept", async () => {
    for (const replayed of [true, false]) {
      let dirOf = "";
      const prepare = async (client: Client) => {
        const volume = await client.create("prepared");
        dirOf = (await client.fileOf(volume.id)).split("/volumes/")[0] ?? "";
        await offer(dirOf, "file");
        return volume;
      };
      const steps = await atEachStep(prepare, (client) => take(client, "file", "v"), async ({ dir, other, halt, halted }) => {
        if (!replayed) {
          await expectClean(dir);
          expect(await offered(dir)).toEqual(["file"]);
          expect((await readFile(join(dir, "import", "file"))).subarray(0, 7).toString()).toBe("foreign");
        }
        const volume = await take(other, "file", "v");
        halt.resume();
        expect(await halted).toEqual(volume);
        const client = await expectClean(dir);
        expect(await client.text(volume.id)).toBe("foreign");
        expect(await client.list()).toHaveLength(2);
        expect(await offered(dir)).toEqual([]);
      });
      expect(steps).toEqual(["stage", "claim", "publish"]);
    }
  });

  it("lose no bytes of a volume when letting it go was killed", async () => {
    const prepare = async (client: Client) => {
      const volume = await client.create("v");
      await client.write(volume.id, "mine");
      return volume;
    };
    const steps = await atEachStep(prepare, (client, volume) => unmanage(client, mustHave(volume).id), async ({ dir, volume, halt, halted }) => {
      const { id } = mustHave(volume);
      const client = await expectClean(dir);
      if ((await client.list()).length > 0) expect(await client.text(id)).toBe("mine");
      await unmanage(client, id);
      expect((await readFile(join(dir, "import", `${id}.img`))).subarray(0, 4).toString()).toBe("mine");
      halt.resume();
      await halted;
      expect(await offered(dir)).toEqual([`${id}.img`]);
      await expectClean(dir);
    });
    expect(steps).toEqual(["close", "give-back", "bury", "purge"]);
  });

  it("are not there in memory", async () => {
    const client = await stores.find(({ store }) => store === "memory")?.open();
    expect(client?.backend.imports).toBeUndefined();
  });
});
