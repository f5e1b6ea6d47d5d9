import { requireFacets, supports, type Snapshot, type VolumeDriver } from "@opensds/core";
import { onBackend, type Command, type CommandContext } from "../command.js";
import { gather, readAll } from "../each-backend.js";
import { byId, findSnapshot, volumeNamed } from "../find.js";
import type { Column } from "../output.js";
import { parseDuration } from "../values.js";
import { quoted, sizeText, unlessNotFound } from "../words.js";

interface Row extends Snapshot {
  readonly backend: string;
}

const columns: readonly Column<Row>[] = [
  { heading: "BACKEND", cell: ({ backend }) => backend },
  { heading: "NAME", cell: ({ name }) => name },
  { heading: "SIZE", cell: ({ sizeBytes }) => sizeText(sizeBytes) },
  { heading: "READY", cell: ({ readyToUse }) => (readyToUse ? "yes" : "no") },
  { heading: "CREATED", cell: ({ createdAt }) => createdAt },
  { heading: "OF VOLUME", cell: ({ sourceVolumeId }) => sourceVolumeId },
  { heading: "ID", cell: ({ id }) => id },
];

/** Snapshots: what there is, one of them, a new one, going back to one, one less. */
export const snapshotCommands: readonly Command[] = [
  {
    path: ["snapshot", "ls"],
    summary: "list snapshots",
    options: [{ name: "volume", value: "VOLUME", help: "only those of this volume" }],
    run: list,
  },
  onBackend({
    path: ["snapshot", "show"],
    summary: "show one snapshot",
    arguments: [{ name: "SNAPSHOT" }],
    options: [byId],
    run: async (driver, ctx) => {
      const snapshot = await findSnapshot(driver, ctx);
      const row = { backend: driver.backend, ...snapshot };
      ctx.output.one(row, columns.map(({ heading, cell }) => [heading.toLowerCase(), cell(row)]));
      return undefined;
    },
  }),
  onBackend({
    path: ["snapshot", "create"],
    summary: "cut a snapshot; the same command again gives the same snapshot",
    arguments: [{ name: "NAME" }],
    options: [
      { name: "volume", value: "VOLUME", help: "the volume to cut" },
      { name: "freeze", value: "TIME", help: "flush and hold its file system on this host for at most so long" },
    ],
    run: create,
  }),
  onBackend({
    path: ["snapshot", "revert"],
    summary: "put a volume back to what its snapshot holds; what was written since is lost",
    arguments: [{ name: "SNAPSHOT" }],
    options: [byId],
    destroys: true,
    run: revert,
  }),
  onBackend({
    path: ["snapshot", "delete"],
    summary: "delete a snapshot",
    arguments: [{ name: "SNAPSHOT" }],
    options: [byId],
    destroys: true,
    run: remove,
  }),
];

async function list(ctx: CommandContext): Promise<number | undefined> {
  const name = ctx.options.text("volume");
  const single = (await ctx.target.all()).length === 1;
  const { found, exitCode } = await gather(ctx, async (driver): Promise<readonly Row[]> => {
    // Of several backends some may have none; the only one that was asked must say so.
    if (!single && !supports(driver, "snapshots")) return [];
    const { snapshots } = requireFacets(driver, "snapshots");
    const volume = name === undefined ? undefined : await volumeNamed(driver, ctx, name);
    const request = { pageSize: 1_000, ...(volume && { sourceVolumeId: volume.id }) };
    return (await readAll(snapshots.listSnapshots(request, ctx.call))).map((one) => ({ backend: driver.backend, ...one }));
  });
  ctx.output.list(found, columns, "no snapshots");
  return exitCode;
}

async function create(driver: VolumeDriver, ctx: CommandContext): Promise<undefined> {
  const { snapshots } = requireFacets(driver, "snapshots");
  const volumeName = ctx.options.required("volume");
  const freeze = ctx.options.text("freeze");
  const request = freeze === undefined ? {} : { freeze: { timeoutMs: parseDuration(freeze, "freeze") } };
  const { id } = await volumeNamed(driver, ctx, volumeName);
  const snapshot = await snapshots.createSnapshot({ name: ctx.argument("NAME"), sourceVolumeId: id, ...request }, ctx.call);
  const words = `snapshot ${quoted(snapshot.name)} of ${quoted(volumeName)}: ${sizeText(snapshot.sizeBytes)}, id ${snapshot.id}`;
  ctx.output.done(words, { backend: driver.backend, ...snapshot });
}

async function revert(driver: VolumeDriver, ctx: CommandContext): Promise<undefined> {
  const { snapshots } = requireFacets(driver, "snapshots");
  const snapshot = await findSnapshot(driver, ctx);
  const { id, name } = await driver.getVolume({ id: snapshot.sourceVolumeId }, ctx.call);
  await ctx.confirm(`put volume ${quoted(name)} back to snapshot ${quoted(snapshot.name)} of ${snapshot.createdAt} and lose what was written since?`);
  const volume = await snapshots.revertVolume({ volumeId: id, snapshotId: snapshot.id }, ctx.call);
  ctx.output.done(`volume ${quoted(name)} holds what snapshot ${quoted(snapshot.name)} holds`, { backend: driver.backend, ...volume });
}

async function remove(driver: VolumeDriver, ctx: CommandContext): Promise<undefined> {
  const snapshot = await unlessNotFound(findSnapshot(driver, ctx));
  if (snapshot === undefined) {
    ctx.output.done("there is no such snapshot; nothing to delete", { backend: driver.backend, deleted: false });
    return;
  }
  await ctx.confirm(`delete snapshot ${quoted(snapshot.name)} (${sizeText(snapshot.sizeBytes)}, ${snapshot.createdAt}) of ${driver.backend}?`);
  await requireFacets(driver, "snapshots").snapshots.deleteSnapshot({ id: snapshot.id }, ctx.call);
  ctx.output.done(`snapshot ${quoted(snapshot.name)} is deleted`, { backend: driver.backend, deleted: true, ...snapshot });
}
