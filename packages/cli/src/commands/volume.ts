import { requireFacets, supports, type CapacityRange, type Volume, type VolumeDriver, type VolumeSource } from "@opensds/core";
import { onBackend, type Command, type CommandContext, type Option } from "../command.js";
import { gather, readAll } from "../each-backend.js";
import { byId, findVolume, volumeNamed } from "../find.js";
import type { Column } from "../output.js";
import { UsageError } from "../usage-error.js";
import { parsePairs, parseSize } from "../values.js";
import { quoted, sizeText, unlessNotFound } from "../words.js";

interface Row extends Volume {
  readonly backend: string;
}

const columns: readonly Column<Row>[] = [
  { heading: "BACKEND", cell: ({ backend }) => backend },
  { heading: "NAME", cell: ({ name }) => name },
  { heading: "SIZE", cell: ({ sizeBytes }) => sizeText(sizeBytes) },
  { heading: "STATE", cell: ({ state, stateReason }) => (stateReason === undefined ? state : `${state}: ${stateReason}`) },
  { heading: "CREATED", cell: ({ createdAt }) => createdAt },
  { heading: "ID", cell: ({ id }) => id },
];

const sizeOptions: readonly Option[] = [
  { name: "size", value: "SIZE", help: "at least this large, such as 10GiB" },
  { name: "limit", value: "SIZE", help: "and at most this large" },
];

/** Volumes: what there is, one of them, a new one, a larger one, one less. */
export const volumeCommands: readonly Command[] = [
  {
    path: ["volume", "ls"],
    summary: "list the volumes of the chosen backend, or of all",
    run: async (ctx) => {
      const list = async (driver: VolumeDriver): Promise<readonly Row[]> =>
        (await readAll(driver.listVolumes({ pageSize: 1_000 }, ctx.call))).map((volume) => ({ backend: driver.backend, ...volume }));
      const { found, exitCode } = await gather(ctx, list);
      ctx.output.list(found, columns, "no volumes");
      return exitCode;
    },
  },
  onBackend({
    path: ["volume", "show"],
    summary: "show one volume, who has it attached, and how it fares",
    arguments: [{ name: "VOLUME" }],
    options: [byId],
    run: show,
  }),
  onBackend({
    path: ["volume", "create"],
    summary: "make a volume; the same command again gives the same volume",
    arguments: [{ name: "NAME" }],
    options: [
      ...sizeOptions,
      { name: "parameter", value: "NAME=VALUE", help: "a parameter of the driver's own; may be repeated", multiple: true },
      { name: "from-snapshot", value: "SNAPSHOT", help: "begin with what this snapshot holds" },
      { name: "from-volume", value: "VOLUME", help: "begin with what this volume holds now" },
    ],
    run: create,
  }),
  onBackend({
    path: ["volume", "expand"],
    summary: "make a volume larger; nothing ever shrinks",
    arguments: [{ name: "VOLUME" }],
    options: [byId, ...sizeOptions],
    run: expand,
  }),
  onBackend({
    path: ["volume", "delete"],
    summary: "delete a volume with everything in it",
    arguments: [{ name: "VOLUME" }],
    options: [byId],
    destroys: true,
    run: remove,
  }),
];

async function show(driver: VolumeDriver, ctx: CommandContext): Promise<undefined> {
  const volume = await findVolume(driver, ctx);
  const records = await driver.listAttachments({ volumeId: volume.id, hostId: "all" }, ctx.call);
  const health = supports(driver, "health") ? await driver.health.getHealth({ id: volume.id }, ctx.call) : undefined;
  const attachments = records.map(({ attachment, device }) => ({ ...attachment, device }));
  const facts: (readonly [string, string | undefined])[] = [
    ["name", volume.name],
    ["id", volume.id],
    ["backend", driver.backend],
    ["size", sizeText(volume.sizeBytes)],
    ["state", volume.state],
    ["because", volume.stateReason],
    ["created", volume.createdAt],
    ...Object.entries(volume.parameters).map(([key, value]) => [`parameter ${key}`, value] as const),
    ["made from", volume.source === undefined ? undefined : JSON.stringify(volume.source)],
    ...attachments.map(({ hostId, connector, mode, device }) => {
      const where = device === null ? "" : ` as ${device.path}`;
      return ["attached to", `${connector.hostName} (${hostId})${where}, ${mode}`] as const;
    }),
    ["health", health?.condition],
    ...(health?.findings ?? []).map((finding) => ["finding", finding] as const),
    ...(health?.openedBy ?? []).map((client) => ["opened by", client] as const),
  ];
  ctx.output.one({ backend: driver.backend, ...volume, attachments, ...(health && { health }) }, facts);
}

async function create(driver: VolumeDriver, ctx: CommandContext): Promise<undefined> {
  const source = await sourceOf(driver, ctx);
  const volume = await driver.createVolume(
    {
      name: ctx.argument("NAME"),
      capacity: capacityOf(ctx),
      parameters: parsePairs(ctx.options.list("parameter"), "parameter"),
      ...(source && { source }),
    },
    ctx.call,
  );
  ctx.output.done(`volume ${quoted(volume.name)} on ${driver.backend}: ${sizeText(volume.sizeBytes)}, ${volume.state}, id ${volume.id}`, {
    backend: driver.backend,
    ...volume,
  });
}

function capacityOf({ options }: CommandContext): CapacityRange {
  const [size, limit] = [options.text("size"), options.text("limit")];
  if (size === undefined && limit === undefined) throw new UsageError("--size is missing; give one such as --size 10GiB");
  return {
    ...(size !== undefined && { requiredBytes: parseSize(size, "size") }),
    ...(limit !== undefined && { limitBytes: parseSize(limit, "limit") }),
  };
}

async function sourceOf(driver: VolumeDriver, ctx: CommandContext): Promise<VolumeSource | undefined> {
  const [snapshot, volume] = [ctx.options.text("from-snapshot"), ctx.options.text("from-volume")];
  if (snapshot !== undefined && volume !== undefined) throw new UsageError("give --from-snapshot or --from-volume, not both");
  if (volume !== undefined) return { kind: "volume", volumeId: (await volumeNamed(driver, ctx, volume)).id };
  if (snapshot === undefined) return undefined;
  const { snapshots } = requireFacets(driver, "snapshots");
  return { kind: "snapshot", snapshotId: (await snapshots.getSnapshot({ name: snapshot }, ctx.call)).id };
}

async function expand(driver: VolumeDriver, ctx: CommandContext): Promise<undefined> {
  const { expansion } = requireFacets(driver, "expansion");
  const capacity = capacityOf(ctx);
  const { id } = await findVolume(driver, ctx);
  const { volume, hostStep } = await expansion.expandVolume({ id, capacity }, ctx.call);
  // This host's devices follow at once; others must be told there.
  const here = hostStep === "none" ? [] : await driver.listAttachments({ volumeId: id }, ctx.call);
  for (const record of here) if (record.device !== null) await expansion.growAttachment(record, ctx.call);
  ctx.output.done(`volume ${quoted(volume.name)} has ${sizeText(volume.sizeBytes)}`, { backend: driver.backend, ...volume, hostStep });
}

async function remove(driver: VolumeDriver, ctx: CommandContext): Promise<undefined> {
  const volume = await unlessNotFound(findVolume(driver, ctx));
  if (volume === undefined) {
    ctx.output.done("there is no such volume; nothing to delete", { backend: driver.backend, deleted: false });
    return;
  }
  await ctx.confirm(`delete volume ${quoted(volume.name)} (${sizeText(volume.sizeBytes)}, ${volume.state}) of ${driver.backend} and all that is in it?`);
  // By id: what was shown is what goes, also when somebody gives its name to another volume meanwhile.
  await driver.deleteVolume({ id: volume.id }, ctx.call);
  ctx.output.done(`volume ${quoted(volume.name)} is deleted`, { backend: driver.backend, deleted: true, ...volume });
}
