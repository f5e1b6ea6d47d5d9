import { resolve } from "node:path";
import type { FileSystemType, MountRecord, VolumeDriver } from "@opensds/core";
import { onBackend, type Command, type CommandContext } from "../command.js";
import { gather } from "../each-backend.js";
import { byId } from "../find.js";
import type { Column } from "../output.js";
import { attachHere, modeOption } from "./attach.js";

const fileSystems = ["ext4", "xfs"] as const satisfies readonly FileSystemType[];

const columns: readonly Column<MountRecord>[] = [
  { heading: "BACKEND", cell: ({ backend }) => backend },
  { heading: "DIRECTORY", cell: ({ directory }) => directory },
  { heading: "FILE SYSTEM", cell: ({ fsType }) => fsType },
  { heading: "ACCESS", cell: ({ readOnly }) => (readOnly ? "read-only" : "read-write") },
  { heading: "DEVICE", cell: ({ device }) => device.path },
  { heading: "VOLUME ID", cell: ({ volumeId }) => volumeId },
];

/** File systems of volumes on this host. */
export const mountCommands: readonly Command[] = [
  {
    path: ["mounts"],
    summary: "list the mounted volumes of this host",
    run: async (ctx) => {
      const { found, exitCode } = await gather(ctx, (driver) => driver.listMounts({}, ctx.call));
      ctx.output.list(found, columns, "no mounts");
      return exitCode;
    },
  },
  onBackend({
    path: ["mount"],
    summary: "attach a volume and mount its file system at a directory; a blank volume gets one",
    arguments: [{ name: "VOLUME" }, { name: "DIRECTORY" }],
    options: [
      byId,
      modeOption,
      { name: "fs-type", value: "TYPE", help: "of a new file system; default what is there, or ext4", choices: fileSystems },
      { name: "never-format", help: "refuse a volume without a file system" },
      { name: "create-directory", help: "make the directory; unmounting removes it" },
      { name: "read-only", help: "mount read-only" },
      { name: "option", value: "OPTION", help: "a further mount option, such as noatime; may be repeated", multiple: true },
    ],
    run: mount,
  }),
  {
    path: ["unmount"],
    summary: "unmount a directory; the volume stays attached",
    arguments: [{ name: "DIRECTORY" }],
    run: unmount,
  },
];

async function mount(driver: VolumeDriver, ctx: CommandContext): Promise<undefined> {
  const { options } = ctx;
  const fsType = options.choice("fs-type", fileSystems);
  const attachment = await attachHere(driver, ctx);
  const record = await driver.mountVolume(
    {
      attachment,
      directory: resolve(ctx.argument("DIRECTORY")),
      ...(fsType && { fsType }),
      ...(options.flag("never-format") && { format: "never" as const }),
      createDirectory: options.flag("create-directory"),
      ...(options.flag("read-only") && { readOnly: true }),
      options: options.list("option"),
    },
    ctx.call,
  );
  ctx.output.done(`${record.device.path} (${record.fsType}) is mounted at ${record.directory}`, record);
}

async function unmount(ctx: CommandContext): Promise<number | undefined> {
  const directory = resolve(ctx.argument("DIRECTORY"));
  const { found, exitCode } = await gather(ctx, async (driver) =>
    (await driver.listMounts({ directory }, ctx.call)).map((record) => ({ driver, record })),
  );
  if (found.length === 0 && exitCode !== undefined) return exitCode;
  for (const { driver, record } of found) await driver.unmountVolume(record, ctx.call);
  const words = found.length === 0 ? `no volume is mounted at ${directory}` : `${directory} is unmounted`;
  ctx.output.done(words, found.map(({ record }) => record));
  return undefined;
}
