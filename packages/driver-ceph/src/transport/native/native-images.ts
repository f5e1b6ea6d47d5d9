import type { Images } from "../images.js";
import { viewFromWire } from "./protocol.js";
import type { Supervisor } from "./supervisor.js";

const reads = { changes: false } as const;

/** Whole images, through the child: one round trip to the cluster by id, two by name, many at once for a page. */
export function createNativeImages({ request }: Supervisor): Images {
  return {
    byName: async (call, imageName, cells) => {
      const view = await request(call, "lookByName", { imageName, cells }, reads);
      return view === null ? undefined : viewFromWire(view);
    },
    byId: async (call, imageId, cells) => {
      const view = await request(call, "lookById", { imageId, cells, listed: true }, reads);
      return view === null ? undefined : viewFromWire(view);
    },
    page: async (call, { prefixes, after, limit }, cells) => {
      const { views, next } = await request(call, "lookPage", { prefixes, after, limit, cells }, reads);
      return { views: views.map(viewFromWire), ...(next !== null && { next }) };
    },
  };
}
