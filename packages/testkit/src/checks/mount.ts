import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "../check.js";
import { formattingChecks } from "./mount-formatting.js";
import { killedFormatChecks } from "./mount-killed.js";
import { mountModeChecks } from "./mount-modes.js";
import { unmountChecks } from "./unmount.js";

/** File systems at directories. */
export const mountChecks: readonly Check[] = [
  {
    id: "MOUNT-1",
    family: "mount",
    level: "basic",
    title: "The same mount again gives the same record and one mount, and unmounting twice succeeds",
    rules: ["SB-MOUNT-1", "SB-RECORD-1"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volume = await ctx.create("mounted", ctx.sizes.data);
      const directory = await ctx.temporaryDirectory();
      const attachment = await driver.attachVolume({ volumeId: volume.id });
      const record = await driver.mountVolume({ attachment, directory });
      ctx.equal(record.directory, directory, "the record's directory");
      await writeFile(join(directory, "kept"), "kept");

      const other = await ctx.open();
      for (const dock of [driver, other]) {
        ctx.equal(await dock.mountVolume({ attachment, directory }), record, "the record of the same mount again");
        ctx.equal(await dock.listMounts({ volumeId: volume.id }), [record], "the mounts of the volume");
      }
      ctx.equal(await readFile(join(directory, "kept"), "utf8"), "kept", "the file after the repeated mount");
      await driver.unmountVolume(record);
      ctx.equal(await readdir(directory), [], "the directory after one unmount");
      await driver.unmountVolume(record);
      ctx.equal(await other.listMounts({ volumeId: volume.id }), [], "the mounts after the unmount");
      await driver.detachVolume(attachment);
    },
  },
  {
    id: "MOUNT-2",
    family: "mount",
    level: "basic",
    title: "Mounting over a file, a directory with content, a symbolic link or nothing is refused and changes nothing there",
    rules: ["SB-MOUNT-2"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const base = await ctx.temporaryDirectory();
      const at = (name: string): string => join(base, name);
      await writeFile(at("file"), "a file");
      await mkdir(at("full"));
      await writeFile(join(at("full"), "content"), "content");
      await mkdir(at("empty"));
      await symlink(at("empty"), at("link"));
      const attachment = await driver.attachVolume({ volumeId: (await ctx.create("refused", ctx.sizes.data)).id });

      for (const [name, reason] of [
        ["file", "directory-is-file"],
        ["full", "directory-not-empty"],
        ["link", "directory-is-symlink"],
        ["missing", "directory-not-found"],
      ] as const) {
        const call = driver.mountVolume({ attachment, directory: at(name) });
        await ctx.expectError(call, { reason, outcome: "none" }, `mountVolume at a directory that is ${name}`);
      }
      ctx.equal(await readFile(at("file"), "utf8"), "a file", "the file after the refused mount");
      ctx.equal(await readFile(join(at("full"), "content"), "utf8"), "content", "the directory's content after the refused mount");
      ctx.equal((await readdir(base)).sort(), ["empty", "file", "full", "link"], "what stands beside the directories");
      ctx.equal(await driver.listMounts({ volumeId: attachment.attachment.volumeId }), [], "the mounts after the refusals");

      // The volume has not suffered: an empty directory will do, and the content's owner may come back.
      await rm(at("link"));
      const mounted = await driver.mountVolume({ attachment, directory: at("empty") });
      await driver.unmountVolume(mounted);
      await driver.detachVolume(attachment);
    },
  },
  {
    id: "MOUNT-3",
    family: "mount",
    level: "basic",
    title: "Detaching a mounted volume is refused as held, and the mount works on",
    rules: ["SB-DETACH-2"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volume = await ctx.create("held", ctx.sizes.data);
      const directory = await ctx.temporaryDirectory();
      const attachment = await driver.attachVolume({ volumeId: volume.id });
      const mounted = await driver.mountVolume({ attachment, directory });
      await writeFile(join(directory, "before"), "before");

      const held = { code: "FAILED_PRECONDITION", reason: "device-held", outcome: "none" } as const;
      const other = await ctx.open();
      for (const dock of [driver, other]) {
        await ctx.expectError(dock.detachVolume(attachment), held, "detachVolume of a mounted volume");
      }
      ctx.equal(await driver.listAttachments({ volumeId: volume.id }), [attachment], "the attachments after the refused detach");
      ctx.equal(await driver.listMounts({ volumeId: volume.id }), [mounted], "the mounts after the refused detach");
      ctx.equal(await readFile(join(directory, "before"), "utf8"), "before", "a file written before the refused detach");
      await writeFile(join(directory, "after"), "after");

      await driver.unmountVolume(mounted);
      await driver.detachVolume(attachment);
      ctx.equal(await driver.listAttachments({ volumeId: volume.id }), [], "the attachments after unmount and detach");
    },
  },
  ...formattingChecks,
  ...mountModeChecks,
  ...unmountChecks,
  ...killedFormatChecks,
];
