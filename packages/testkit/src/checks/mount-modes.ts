import { isReadOnlyMode } from "@opensds/core";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { deviceOf, writeDevice } from "./support/device-bytes.js";
import { digestOfEnds, signatures } from "./support/signatures.js";

/** Which mounts there may be, and how they may be used. */
export const mountModeChecks: readonly Check[] = [
  {
    id: "MOUNT-9",
    family: "mount",
    level: "basic",
    title: "A volume that is attached multi-writer is refused an ordinary file system",
    rules: ["SB-MOUNT-7"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver, manifest } = ctx;
      if (!manifest.accessModes.includes("multi-writer")) return ctx.skip("the backend has no access mode multi-writer");
      const volumeId = (await ctx.create("shared", ctx.sizes.data)).id;
      const directory = await ctx.temporaryDirectory();
      const attachment = await driver.attachVolume({ volumeId, mode: "multi-writer" });
      const before = await digestOfEnds(deviceOf(attachment), ctx.sizes.data);
      const refused = { code: "FAILED_PRECONDITION", reason: "shared-file-system", outcome: "none" } as const;
      for (const request of [{}, { readOnly: true }]) {
        await ctx.expectError(driver.mountVolume({ attachment, directory, ...request }), refused, "mountVolume of a volume attached multi-writer");
      }
      ctx.equal(await digestOfEnds(deviceOf(attachment), ctx.sizes.data), before, "the bytes of the volume after the refused mounts");
      ctx.equal(await driver.listMounts({ volumeId }), [], "the mounts after the refusals");
      await driver.detachVolume(attachment);
    },
  },
  {
    id: "MOUNT-10",
    family: "mount",
    level: "basic",
    title: "A mount with readOnly, and one of a volume attached for reading, shows the content and cannot be written",
    rules: ["SB-MOUNT-8"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver, manifest } = ctx;
      const volumeId = (await ctx.create("reading", ctx.sizes.data)).id;
      const directory = await ctx.temporaryDirectory();
      const file = join(directory, "file");
      const attachment = await driver.attachVolume({ volumeId });
      const writing = await driver.mountVolume({ attachment, directory });
      ctx.equal(writing.readOnly, false, "whether a mount for writing says that it is read-only");
      await writeFile(file, "content");
      await driver.unmountVolume(writing);

      const readOnly = await driver.mountVolume({ attachment, directory, readOnly: true });
      ctx.equal(readOnly.readOnly, true, "whether a mount with readOnly says that it is read-only");
      await expectReadable(ctx, file);
      await driver.unmountVolume(readOnly);
      await driver.detachVolume(attachment);

      const mode = manifest.accessModes.find(isReadOnlyMode);
      if (mode === undefined) return;
      const reading = await driver.attachVolume({ volumeId, mode });
      const mounted = await driver.mountVolume({ attachment: reading, directory });
      ctx.equal(mounted.readOnly, true, `whether a mount of a volume attached ${mode} says that it is read-only`);
      await expectReadable(ctx, file);
      await driver.unmountVolume(mounted);
      await driver.detachVolume(reading);
    },
  },
  {
    id: "MOUNT-11",
    family: "mount",
    level: "basic",
    title: "A second volume at one directory and a second directory for one volume are refused, and both mounts work on",
    rules: ["SB-MOUNT-9"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const other = await ctx.open();
      const attach = async (label: string) => driver.attachVolume({ volumeId: (await ctx.create(label, ctx.sizes.data)).id });
      const [first, second] = [await attach("first"), await attach("second")];
      const [one, two, three] = [await ctx.temporaryDirectory(), await ctx.temporaryDirectory(), await ctx.temporaryDirectory()];
      const records = [
        await driver.mountVolume({ attachment: first, directory: one }),
        await driver.mountVolume({ attachment: second, directory: two }),
      ];
      for (const directory of [one, two]) await writeFile(join(directory, "file"), directory);

      for (const dock of [driver, other]) {
        const taken = { code: "FAILED_PRECONDITION", reason: "directory-in-use", outcome: "none" } as const;
        await ctx.expectError(dock.mountVolume({ attachment: second, directory: one }), taken, "mountVolume where another volume is mounted");
        const twice = { code: "FAILED_PRECONDITION", reason: "already-mounted", outcome: "none" } as const;
        await ctx.expectError(dock.mountVolume({ attachment: first, directory: three }), twice, "mountVolume of a mounted volume at another directory");
      }
      ctx.equal(await readdir(three), [], "the directory of the refused second mount");
      for (const [index, directory] of [one, two].entries()) {
        ctx.equal(await readFile(join(directory, "file"), "utf8"), directory, "the content of a mount after the refusals");
        await writeFile(join(directory, "later"), "written");
        const volumeId = (index === 0 ? first : second).attachment.volumeId;
        ctx.equal(await driver.listMounts({ volumeId }), records.slice(index, index + 1), "the mounts of a volume after the refusals");
      }
      for (const record of records) await driver.unmountVolume(record);
      for (const record of [first, second]) await driver.detachVolume(record);
    },
  },
  {
    id: "MOUNT-12",
    family: "mount",
    level: "basic",
    title: "A mount with createDirectory makes the directory and none of its parents, and a mount that fails takes it away again",
    rules: ["SB-MOUNT-10"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const base = await ctx.temporaryDirectory();
      const at = (...names: string[]): string => join(base, ...names);
      await mkdir(at("there"));
      const attachment = await driver.attachVolume({ volumeId: (await ctx.create("directory", ctx.sizes.data)).id });
      const mount = (directory: string) => driver.mountVolume({ attachment, directory, createDirectory: true });

      const noParent = { code: "FAILED_PRECONDITION", reason: "directory-not-found", outcome: "none" } as const;
      await ctx.expectError(mount(at("parent", "missing")), noParent, "mountVolume at a directory whose parent is missing");
      const table = signatures["a partition table"]?.() ?? Buffer.alloc(0);
      await writeDevice(deviceOf(attachment), 0, table);
      for (const name of ["missing", "there"]) {
        await ctx.expectError(mount(at(name)), { code: "FAILED_PRECONDITION", outcome: "none" }, "mountVolume of a device that bears a partition table");
      }
      ctx.equal(await readdir(base), ["there"], "the directories after the mounts that failed");

      // Fails in the kernel, when the directory has been made already.
      await writeDevice(deviceOf(attachment), 0, Buffer.alloc(table.length));
      const unknown = driver.mountVolume({ attachment, directory: at("missing"), createDirectory: true, options: ["no_such_option_here"] });
      await ctx.expectError(unknown, { code: "FAILED_PRECONDITION" }, "mountVolume with an option that the kernel does not know");
      ctx.equal(await readdir(base), ["there"], "the directories after the mount that the kernel refused");

      const mounted = await mount(at("missing"));
      ctx.ok(mounted.createdDirectory && existsSync(at("missing")), "the missing directory was made", mounted);
      await driver.unmountVolume(mounted);
      await driver.detachVolume(attachment);
    },
  },
];

async function expectReadable(ctx: CheckContext, file: string): Promise<void> {
  ctx.equal(await readFile(file, "utf8"), "content", "the content of a read-only mount");
  for (const path of [file, `${file}-new`]) {
    const written = await writeFile(path, "changed").then(
      () => true,
      () => false,
    );
    ctx.ok(!written, "a read-only mount cannot be written", `${path} was written`);
  }
  ctx.equal(await readFile(file, "utf8"), "content", "the content after the refused writes");
}
