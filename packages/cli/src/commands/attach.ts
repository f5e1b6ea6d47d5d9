import type { AccessMode, AttachmentRecord, VolumeDriver } from "@opensds/core";
import { onBackend, type Command, type CommandContext, type Option } from "../command.js";
import { gather } from "../each-backend.js";
import { byId, findVolume } from "../find.js";
import { UsageError } from "../usage-error.js";
import { quoted } from "../words.js";

const modes = ["single-writer", "single-reader", "multi-reader", "multi-writer"] as const satisfies readonly AccessMode[];

/** How this host, and perhaps others, may have the volume. */
export const modeOption: Option = { name: "mode", value: "MODE", help: "default single-writer", choices: modes };

/** Makes the volume a block device here. */
export async function attachHere(driver: VolumeDriver, ctx: CommandContext): Promise<AttachmentRecord> {
  const mode = ctx.options.choice("mode", modes);
  const { id } = await findVolume(driver, ctx);
  return driver.attachVolume({ volumeId: id, ...(mode && { mode }) }, ctx.call);
}

/** Block devices on this host. */
export const attachCommands: readonly Command[] = [
  onBackend({
    path: ["attach"],
    summary: "make a volume a block device on this host",
    arguments: [{ name: "VOLUME" }],
    options: [byId, modeOption],
    run: async (driver, ctx) => {
      const record = await attachHere(driver, ctx);
      ctx.output.done(record.device?.path ?? "attached, without a device", record);
      return undefined;
    },
  }),
  {
    path: ["detach"],
    summary: "remove a volume's block device from this host; what it is stays in the volume",
    arguments: [{ name: "VOLUME", optional: true }],
    options: [byId, { name: "device", value: "PATH", help: "the volume behind this device, such as /dev/loop3" }],
    run: detach,
  },
];

async function detach(ctx: CommandContext): Promise<number | undefined> {
  const device = ctx.options.text("device");
  if ((device === undefined) === (ctx.optionalArgument("VOLUME") === undefined)) throw new UsageError("name a volume, or a device by --device PATH");
  if (device === undefined) return detachAll(await recordsOfVolume(ctx), `volume ${quoted(ctx.argument("VOLUME"))}`, ctx);
  // A device tells nothing of its backend: each is asked.
  const { found, exitCode } = await gather(ctx, async (driver) => {
    const records = await driver.listAttachments({ devicePath: device }, ctx.call);
    return records.map((record) => ({ driver, record }));
  });
  return found.length === 0 && exitCode !== undefined ? exitCode : detachAll(found, device, ctx);
}

interface Here {
  readonly driver: VolumeDriver;
  readonly record: AttachmentRecord;
}

async function recordsOfVolume(ctx: CommandContext): Promise<readonly Here[]> {
  const driver = await ctx.target.one();
  const { id } = await findVolume(driver, ctx);
  return (await driver.listAttachments({ volumeId: id }, ctx.call)).map((record) => ({ driver, record }));
}

async function detachAll(found: readonly Here[], what: string, ctx: CommandContext): Promise<undefined> {
  for (const { driver, record } of found) await driver.detachVolume(record, ctx.call);
  const records = found.map(({ record }) => record);
  ctx.output.done(found.length === 0 ? `${what} is not attached on this host` : `${what} is detached`, records);
}
