import { mapBounded, together } from "../../../../bounded.js";
import type { LookWire, OfCells, PageArgs, PageWire } from "../../protocol.js";
import type { Directory, Listed } from "./directory.js";
import { lookAtHeader, type HeaderGlance, type HeaderQuestion } from "./header.js";
import type { RbdImages } from "../images.js";
import type { Objects } from "../objects/object-ops.js";

/** Headers that are looked at together: enough to keep an OSD busy, few enough to leave it to others too. */
const looksAtOnce = 128;

/** Looks at images of one kind: whole, or at what a volume is told from. */
export interface Looks<Info> {
  readonly byName: (which: { readonly imageName: string } & OfCells) => Promise<LookWire<Info> | null>;
  readonly byId: (which: { readonly imageId: string; readonly listed: boolean } & OfCells) => Promise<LookWire<Info> | null>;
  readonly page: (which: PageArgs & OfCells) => Promise<PageWire<Info>>;
}

/** Makes looks through the headers; where one is not plain, librbd opens that image. */
export function openLooks<Info extends HeaderGlance>(
  objects: Objects,
  directory: Directory,
  images: Pick<RbdImages, "inspect">,
  question: HeaderQuestion<Info>,
): Looks<Info> {
  const look = async ({ name, id }: Listed, cells: readonly string[]): Promise<LookWire<Info> | null> => {
    const header = await lookAtHeader(objects, id, question, cells);
    if (header === undefined) return null;
    if (header.info !== undefined) return { info: { ...header.info, name }, cells: header.cells };
    const inspected = await images.inspect({ id });
    return inspected === undefined ? null : { info: { ...question.of(inspected), name }, cells: header.cells };
  };

  return {
    byName: async ({ imageName, cells }) => {
      const id = await directory.openedBy(imageName);
      if (id !== undefined) return look({ name: imageName, id }, cells);
      // An image of format 1 has no such object. It has no cells either.
      const info = await images.inspect({ name: imageName });
      return info?.id === "" ? { info: { ...question.of(info), name: info.name }, cells: [] } : null;
    },
    byId: async ({ imageId, listed, cells }) => {
      const [name, view] = await together(directory.nameOf(imageId), look({ name: "", id: imageId }, cells));
      if (view === null || (listed && name === undefined)) return null;
      return { ...view, info: { ...view.info, name: name ?? view.info.name } };
    },
    page: async ({ prefixes, after, limit, cells }) => {
      const found: Listed[] = [];
      let more = false;
      for (const prefix of [...prefixes].sort()) {
        if (found.length >= limit) {
          more ||= (await directory.page(prefix, after, 1)).images.length > 0;
          continue;
        }
        const part = await directory.page(prefix, after, limit - found.length);
        found.push(...part.images);
        more ||= part.more;
      }
      const views = await mapBounded(found, looksAtOnce, (image) => look(image, cells));
      return { views: views.filter((view) => view !== null), next: more ? (found.at(-1)?.name ?? null) : null };
    },
  };
}
