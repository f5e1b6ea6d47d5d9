import type { Volume } from "@opensds/core";
import type { Mutant } from "../mutant.js";
import { scribble } from "../scribble.js";
import { deaf, isReason } from "../support.js";

/** Imports and the trash. */
export const importAndTrashMutants: readonly Mutant[] = [
  {
    name: "marks what it imports",
    breaks: "SB-IMPORT-1",
    seen: "Cinder's manage_existing renames and retypes what it takes",
    backend: () => (sound) => ({
      imports: {
        importVolume: async (request, ctx) => {
          const imported = await sound.imports.importVolume(request, ctx);
          await scribble(sound, imported.id, ctx);
          return imported;
        },
      },
    }),
  },
  {
    name: "shows volumes as importable",
    breaks: "SB-IMPORT-2",
    seen: "csi-test 223: the suite deleted volumes that were others'",
    backend: () => (sound) => ({
      imports: {
        listImportablePage: async (request, ctx) => {
          const page = await sound.imports.listImportablePage(request, ctx);
          const { items } = await sound.listVolumePage({ pageSize: 1000 }, deaf("listVolumes", ctx));
          return { ...page, items: [...page.items, ...items.map(({ name }) => ({ reference: name, sizeBytes: 512 }))].slice(0, request.pageSize) };
        },
      },
    }),
  },
  {
    name: "imports under another name where the name is taken",
    breaks: "SB-IMPORT-3",
    backend: () => (sound) => ({
      imports: {
        importVolume: (request, ctx) =>
          sound.imports.importVolume(request, ctx).catch((error: unknown) => {
            if (!isReason(error, "volume-exists")) throw error;
            return sound.imports.importVolume({ ...request, name: `${request.name}-2` }, ctx);
          }),
      },
    }),
  },
  {
    name: "still finds a volume that was let go",
    breaks: "SB-IMPORT-4",
    backend: () => {
      const gone = new Map<string, Volume>();
      return (sound) => ({
        getVolume: async (request, ctx) => gone.get(String(request.id)) ?? sound.getVolume(request, ctx),
        imports: {
          unmanageVolume: async (request, ctx) => {
            const volume = await sound.getVolume(request, deaf("getVolume", ctx)).catch(() => undefined);
            await sound.imports.unmanageVolume(request, ctx);
            if (volume !== undefined) gone.set(volume.id, volume);
          },
        },
      });
    },
  },
  {
    name: "lists what is in the trash under ids in place of names",
    breaks: "SB-TRASH-1",
    seen: "`rbd trash ls`: an id, and the name if you are lucky",
    backend: () => (sound) => ({
      trash: {
        listTrashPage: async (request, ctx) => {
          const page = await sound.trash.listTrashPage(request, ctx);
          return { ...page, items: page.items.map((one) => ({ ...one, name: one.id })) };
        },
      },
    }),
  },
  {
    name: "gives a volume whose name is taken another name by itself",
    breaks: "SB-TRASH-2",
    backend: () => (sound) => ({
      trash: {
        undeleteVolume: (request, ctx) =>
          sound.trash.undeleteVolume(request, ctx).catch((error: unknown) => {
            if (request.name !== undefined || !isReason(error, "volume-exists")) throw error;
            return sound.trash.undeleteVolume({ ...request, name: `${request.id}-back`.slice(-100) }, ctx);
          }),
      },
    }),
  },
  {
    name: "writes into what it brings back",
    breaks: "SB-TRASH-2",
    backend: () => (sound) => ({
      trash: {
        undeleteVolume: async (request, ctx) => {
          const back = await sound.trash.undeleteVolume(request, ctx);
          await scribble(sound, back.id, ctx);
          return back;
        },
      },
    }),
  },
  {
    name: "hides a purged volume and keeps it",
    breaks: "SB-TRASH-3",
    seen: "ceph-csi: a trash purge that the mgr never comes to",
    backend: () => {
      const hidden = new Set<string>();
      return (sound) => ({
        trash: {
          purgeVolume: async ({ id }) => {
            hidden.add(id);
            return Promise.resolve();
          },
          listTrashPage: async (request, ctx) => {
            const page = await sound.trash.listTrashPage(request, ctx);
            return { ...page, items: page.items.filter(({ id }) => !hidden.has(id)) };
          },
        },
      });
    },
  },
];
