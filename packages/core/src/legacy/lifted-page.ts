import type { CallContext } from "../driver/call-context.js";
import type { BackendPageRequest } from "../driver/storage-backend.js";
import type { Page } from "../model/listing.js";
import type { Volume } from "../model/volume.js";
import { listAll, type Lifted } from "./lifted-volumes.js";

const prefix = "legacy/1/";

/**
 * One page, in the order of the ids: a token names a place in that order, so it outlives the volume it came from and
 * this process. Every page costs the whole list: the legacy driver has no other.
 */
export async function listLiftedPage(lifted: Lifted, request: BackendPageRequest, ctx: CallContext<"listVolumes">): Promise<Page<Volume>> {
  const after = request.token === undefined ? "" : readToken(request.token, ctx);
  const rest = (await listAll(lifted, ctx))
    .map(({ volume }) => volume)
    .filter(({ id }) => id > after)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const items = rest.slice(0, request.pageSize);
  const last = items.at(-1);
  return items.length < rest.length && last !== undefined ? { items, nextToken: writeToken(last.id) } : { items };
}

const writeToken = (lastId: string): string => Buffer.from(prefix + lastId).toString("base64url");

function readToken(token: string, ctx: CallContext<"listVolumes">): string {
  const id = Buffer.from(token, "base64url").toString().slice(prefix.length);
  if (id !== "" && writeToken(id) === token) return id;
  throw ctx.fail("ABORTED", "bad-token", "startToken is not a token of this driver; list from the beginning", { recovery: "fix-request" });
}
