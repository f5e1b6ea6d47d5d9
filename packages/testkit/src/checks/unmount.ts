import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "../check.js";
import { endHolder, runProgram, startHolder } from "./support/programs.js";

/** What unmounting takes away, and what it leaves. */
export const unmountChecks: readonly Check[] = [
  {
    id: "MOUNT-13",
    family: "mount",
    level: "basic",
    title: "Unmounting what is not mounted succeeds: again, after the detach, and after the volume has gone",
    rules: ["SB-UNMOUNT-1"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const other = await ctx.open();
      const volumeId = (await ctx.create("unmounted", ctx.sizes.data)).id;
      const directory = await ctx.temporaryDirectory();
      const attachment = await driver.attachVolume({ volumeId });
      const record = await driver.mountVolume({ attachment, directory });
      await runProgram(ctx, "umount", directory);
      for (const dock of [driver, other]) await dock.unmountVolume(record);
      await driver.detachVolume(attachment);
      for (const dock of [driver, other]) await dock.unmountVolume(record);
      await driver.deleteVolume({ id: volumeId });
      for (const dock of [driver, other]) await dock.unmountVolume(record);
      ctx.equal(await readdir(directory), [], "the directory after the unmounts");
    },
  },
  {
    id: "MOUNT-14",
    family: "mount",
    level: "basic",
    title: "Unmounting a file system that a process uses is refused as busy, names the process, and the mount works on",
    rules: ["SB-UNMOUNT-2"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const volumeId = (await ctx.create("busy", ctx.sizes.data)).id;
      const directory = await ctx.temporaryDirectory();
      const attachment = await driver.attachVolume({ volumeId });
      const record = await driver.mountVolume({ attachment, directory });
      await writeFile(join(directory, "before"), "before");

      const busy = { code: "FAILED_PRECONDITION", reason: "mount-busy", outcome: "none" } as const;
      const other = await ctx.open();
      for (const script of ['cd "$1"; echo ready; read line', 'exec 9<"$1/before"; echo ready; read line']) {
        const holder = await startHolder(ctx, "sh", "-c", script, "sh", directory);
        for (const dock of [driver, other]) {
          const error = await ctx.expectError(dock.unmountVolume(record), busy, "unmountVolume of a file system in use");
          ctx.ok(error.message.includes(String(holder.pid)), `the error names process ${holder.pid}`, error);
        }
        ctx.equal(await driver.listMounts({ volumeId }), [record], "the mounts after the refused unmount");
        ctx.equal(await readFile(join(directory, "before"), "utf8"), "before", "a file written before the refused unmount");
        await writeFile(join(directory, "after"), "after");
        await endHolder(holder);
      }
      await driver.unmountVolume(record);
      ctx.equal(await driver.listMounts({ volumeId }), [], "the mounts after nobody uses the file system");
      await driver.detachVolume(attachment);
    },
  },
  {
    id: "MOUNT-15",
    family: "mount",
    level: "basic",
    title: "Unmounting removes the directory that the mount made when it is empty, and no other directory",
    rules: ["SB-UNMOUNT-3"],
    needs: ["device"],
    run: async (ctx) => {
      const { driver } = ctx;
      const base = await ctx.temporaryDirectory();
      const [made, there] = [join(base, "made"), join(base, "there")];
      await mkdir(there);
      const attachment = await driver.attachVolume({ volumeId: (await ctx.create("directories", ctx.sizes.data)).id });
      const mount = (directory: string, createDirectory: boolean) => driver.mountVolume({ attachment, directory, createDirectory });

      for (const createDirectory of [false, true]) {
        await driver.unmountVolume(await mount(there, createDirectory));
        ctx.ok(existsSync(there), "the directory that was there before the mount is there after the unmount", await readdir(base));
      }
      const other = await ctx.open();
      await other.unmountVolume(await mount(made, true));
      ctx.equal(await readdir(base), ["there"], "the directories after the unmount of one that the mount made");

      // Somebody else unmounted and put something there: that is not the mount's to remove.
      const record = await mount(made, true);
      await runProgram(ctx, "umount", made);
      await writeFile(join(made, "somebodys"), "content");
      await driver.unmountVolume(record);
      ctx.equal(await readFile(join(made, "somebodys"), "utf8"), "content", "a file in the directory after the unmount");
      await rm(join(made, "somebodys"));
      await driver.unmountVolume(record);
      ctx.equal(await readdir(base), ["there"], "the directories after the unmount of the emptied one");
      await driver.detachVolume(attachment);
    },
  },
];
