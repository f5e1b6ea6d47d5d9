import type { ImageGlance, Images, ImageView, Looks, PageRequest } from "../images.js";
import type { Lock } from "../rados.js";
import type { LookWire, PageWire } from "./protocol.js";
import type { Supervisor } from "./supervisor.js";

const reads = { changes: false } as const;

/** Images through the child: one round trip to the cluster by id, two by name, many at once for a page. */
export function createNativeImages({ request }: Supervisor): Images {
  const glance: Looks<ImageGlance> = {
    byName: async (call, imageName, cells) => one(await request(call, "glanceByName", { imageName, cells }, reads)),
    byId: async (call, imageId, cells) => one(await request(call, "glanceById", { imageId, cells, listed: true }, reads)),
    page: async (call, which, cells) => pageOf(await request(call, "glancePage", { ...wanted(which), cells }, reads)),
  };
  const whole: Looks<ImageView> = {
    byName: async (call, imageName, cells) => one(await request(call, "lookByName", { imageName, cells }, reads)),
    byId: async (call, imageId, cells) => one(await request(call, "lookById", { imageId, cells, listed: true }, reads)),
    page: async (call, which, cells) => pageOf(await request(call, "lookPage", { ...wanted(which), cells }, reads)),
  };
  return { ...whole, glance };
}

const wanted = ({ prefixes, after, limit }: PageRequest): PageRequest => ({ prefixes, after, limit });

interface View<Info> {
  readonly info: LookWire<Info>["info"];
  readonly cells: ReadonlyMap<string, Lock>;
}

const viewOf = <Info>({ info, cells }: LookWire<Info>): View<Info> => ({ info, cells: new Map(cells) });

const one = <Info>(look: LookWire<Info> | null): View<Info> | undefined => (look === null ? undefined : viewOf(look));

const pageOf = <Info>({ views, next }: PageWire<Info>): { readonly views: readonly View<Info>[]; readonly next?: string } => ({
  views: views.map(viewOf),
  ...(next !== null && { next }),
});
