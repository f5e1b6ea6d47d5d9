import { hostId, SouthboundError, volumeId, type Attachment, type Device, type VolumeDriver } from "@opensds/core";
import { onBackend, type Command, type CommandContext } from "../command.js";
import { gather } from "../each-backend.js";
import { volumeNamed } from "../find.js";
import type { Column } from "../output.js";
import { quoted, unlessNotFound } from "../words.js";

interface Row extends Attachment {
  readonly backend: string;
  /** The volume's name; absent when the volume is gone. */
  readonly volumeName?: string | undefined;
  /** Its device on this host; null on others. */
  readonly device: Device | null;
}

const columns: readonly Column<Row>[] = [
  { heading: "BACKEND", cell: ({ backend }) => backend },
  { heading: "VOLUME", cell: ({ volumeName, volumeId: id }) => volumeName ?? id },
  { heading: "HOST", cell: ({ connector, hostId: id }) => (connector.hostName === id ? id : `${connector.hostName} (${id})`) },
  { heading: "DEVICE", cell: ({ device }) => device?.path },
  { heading: "MODE", cell: ({ mode }) => mode },
  { heading: "SINCE", cell: ({ attachedAt }) => attachedAt },
  { heading: "ID", cell: ({ id }) => id },
];

/** Attachments as the backends record them, of every host. */
export const attachmentCommands: readonly Command[] = [
  {
    path: ["attachment", "ls"],
    summary: "list who has which volume, on every host",
    options: [
      { name: "volume", value: "VOLUME", help: "only those of this volume" },
      { name: "host", value: "HOST", help: "only those of this host id" },
      { name: "here", help: "only those of this host" },
    ],
    run: async (ctx) => {
      const { found, exitCode } = await gather(ctx, (driver) => rowsOf(driver, ctx));
      ctx.output.list(found, columns, "no attachments");
      return exitCode;
    },
  },
  onBackend({
    path: ["attachment", "show"],
    summary: "show one attachment",
    arguments: [{ name: "ATTACHMENT" }],
    run: async (driver, ctx) => {
      const row = await find(driver, ctx);
      ctx.output.one(row, columns.map(({ heading, cell }) => [heading.toLowerCase(), cell(row)]));
      return undefined;
    },
  }),
  onBackend({
    path: ["attachment", "delete"],
    summary: "strike an attachment out of the backend's records, without touching its host",
    arguments: [{ name: "ATTACHMENT" }],
    destroys: true,
    run: remove,
  }),
];

async function rowsOf(driver: VolumeDriver, ctx: CommandContext): Promise<readonly Row[]> {
  const { options, call } = ctx;
  const name = options.text("volume");
  const host = options.text("host");
  const volume = name === undefined ? undefined : await volumeNamed(driver, ctx, name);
  const scope = options.flag("here") ? {} : { hostId: host === undefined ? ("all" as const) : hostId(host) };
  const records = await driver.listAttachments({ ...scope, ...(volume && { volumeId: volume.id }) }, call);
  const names = new Map<string, string | undefined>();
  for (const id of new Set(records.map(({ attachment }) => attachment.volumeId))) {
    names.set(id, volume?.name ?? (await unlessNotFound(driver.getVolume({ id }, call)))?.name);
  }
  return records.map(({ attachment, device }) => ({
    backend: driver.backend,
    volumeName: names.get(attachment.volumeId),
    ...attachment,
    device,
  }));
}

async function find(driver: VolumeDriver, ctx: CommandContext): Promise<Row> {
  const id = ctx.argument("ATTACHMENT");
  const row = (await rowsOf(driver, ctx)).find((one) => one.id === id);
  if (row !== undefined) return row;
  const message = `there is no attachment ${id}; see opensds attachment ls`;
  throw new SouthboundError("NOT_FOUND", "attachment-not-found", message, { backend: driver.backend, outcome: "none" });
}

async function remove(driver: VolumeDriver, ctx: CommandContext): Promise<undefined> {
  const row = await unlessNotFound(find(driver, ctx));
  if (row === undefined) {
    ctx.output.done("there is no such attachment; nothing to delete", { backend: driver.backend, deleted: false });
    return;
  }
  await ctx.confirm(
    `forget that ${row.connector.hostName} has volume ${quoted(row.volumeName ?? row.volumeId)}? ` +
      "If it still has the device, it goes on writing beside whoever gets the volume next (opensds fence cuts a host off)",
  );
  await driver.disconnectVolume({ volumeId: volumeId(row.volumeId), attachmentId: row.id }, ctx.call);
  ctx.output.done(`attachment ${row.id} is deleted`, { ...row, deleted: true });
}
