import type { RbdTrash } from "../rbd-trash.js";
import type { Supervisor } from "./supervisor.js";

/** Looks into the trash through the child: opens no image, so that one which is being purged does not stand in the way. */
export function createNativeTrash({ request }: Supervisor): Pick<RbdTrash, "list"> {
  return {
    list: async (call) => {
      const found = await request(call, "trash", null, { changes: false });
      const now = Date.now();
      return found.map(({ id, name, deletedAtSeconds, keptUntilSeconds }) => {
        const keptUntil = new Date(keptUntilSeconds * 1_000);
        return { id, name, deletedAt: new Date(deletedAtSeconds * 1_000), ...(keptUntil.getTime() > now && { keptUntil }) };
      });
    },
  };
}
