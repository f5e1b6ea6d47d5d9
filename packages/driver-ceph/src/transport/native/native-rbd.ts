import { CommandFailure, errno } from "../command-failure.js";
import { doomedKey } from "../rados.js";
import type { ImageInfo, Rbd } from "../rbd.js";
import type { LookWire } from "./protocol.js";
import type { Supervisor } from "./supervisor.js";

const reads = { changes: false } as const;
const writes = { changes: true } as const;
const noCells = { cells: [] } as const;

/** The door to images, through the child. */
export function createNativeRbd({ request, isOwn }: Supervisor): Rbd {
  return {
    create: async (call, imageName, form) => {
      await request(call, "create", { imageName, form }, writes);
    },
    infoByName: async (call, imageName) => found(await request(call, "lookByName", { imageName, ...noCells }, reads)),
    infoById: async (call, imageId) => found(await request(call, "lookById", { imageId, ...noCells, listed: false }, reads)),
    // This driver opens images for moments only, to move and remove them: its own children, also dead ones, are nobody's use.
    watchers: async (call, imageName, imageId) =>
      (await request(call, "watchers", { imageName, imageId: imageId ?? null }, reads)).filter((address) => !isOwn(address)),
    usedBytes: (call, imageName) => request(call, "usedBytes", { imageName }, reads),
    list: (call) => request(call, "list", null, reads),
    trashDoomed: async (call, imageId) => {
      await request(call, "moveToTrash", { imageId, unlistedAs: null }, writes);
    },
    removeDoomed: async (call, imageId, imageName) => {
      if (await request(call, "dropHalfMade", { imageId }, writes)) return;
      if (!(await request(call, "isDoomed", { imageId, key: doomedKey }, reads))) {
        throw new CommandFailure("rbd_remove", errno.ENOSYS, `image ${imageId} bears no mark`);
      }
      await request(call, "moveToTrash", { imageId, unlistedAs: imageName }, writes);
      await request(call, "purge", { imageId }, { ...writes, mayWaitForLock: true });
    },
    purge: async (call, imageId, atMostMs) => {
      await request(call, "purge", { imageId }, { changes: true, atMostMs });
    },
    namespaces: (call) => request(call, "namespaces", null, reads),
  };
}

function found(view: LookWire<Omit<ImageInfo, "name">> | null): ImageInfo {
  if (view !== null) return view.info;
  throw new CommandFailure("rbd_open", errno.ENOENT, "no such image");
}
