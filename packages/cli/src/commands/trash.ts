import { requireFacets, volumeId, type TrashedVolume } from "@opensds/core";
import { onBackend, type Command } from "../command.js";
import { readAll } from "../each-backend.js";
import { quoted, sizeText } from "../words.js";

/** Deleted volumes, by id: several of them may have had one name. */
export const trashCommands: readonly Command[] = [
  onBackend({
    path: ["trash", "ls"],
    summary: "list deleted volumes that are not purged yet",
    run: async (driver, ctx) => {
      const { trash } = requireFacets(driver, "trash");
      ctx.output.list<TrashedVolume>(
        await readAll(trash.listTrash({ pageSize: 1_000 }, ctx.call)),
        [
          { heading: "NAME", cell: ({ name }) => name },
          { heading: "SIZE", cell: ({ sizeBytes }) => sizeText(sizeBytes) },
          { heading: "DELETED", cell: ({ deletedAt }) => deletedAt },
          { heading: "PURGED AFTER", cell: ({ purgeAfter }) => purgeAfter },
          { heading: "ID", cell: ({ id }) => id },
        ],
        "no deleted volumes",
      );
      return undefined;
    },
  }),
  onBackend({
    path: ["trash", "restore"],
    summary: "bring a deleted volume back",
    arguments: [{ name: "ID" }],
    options: [{ name: "name", value: "NAME", help: "under this name; default its own" }],
    run: async (driver, ctx) => {
      const { trash } = requireFacets(driver, "trash");
      const volume = await trash.undeleteVolume({ id: volumeId(ctx.argument("ID")), name: ctx.options.text("name") }, ctx.call);
      ctx.output.done(`volume ${quoted(volume.name)} is back`, { backend: driver.backend, ...volume });
      return undefined;
    },
  }),
  onBackend({
    path: ["trash", "purge"],
    summary: "purge a deleted volume now; then nothing brings it back",
    arguments: [{ name: "ID" }],
    destroys: true,
    run: async (driver, ctx) => {
      const { trash } = requireFacets(driver, "trash");
      const id = volumeId(ctx.argument("ID"));
      await ctx.confirm(`purge ${id} of ${driver.backend} for good?`);
      await trash.purgeVolume({ id }, ctx.call);
      ctx.output.done(`${id} is purged`, { backend: driver.backend, id });
      return undefined;
    },
  }),
];
