import * as v from "valibot";
import type { Call } from "../call.js";
import type { Api } from "./api.js";
import { failedWith, unless } from "./failure.js";
import { decode } from "./shapes.js";

const groupShape = v.object({
  id: v.string(),
  name: v.nullish(v.string()),
  description: v.nullish(v.string()),
  status: v.string(),
  created_at: v.string(),
  volumes: v.optional(v.array(v.string()), () => []),
});
/** A generic volume group. Lists leave its volumes out. */
export type CinderGroup = v.InferOutput<typeof groupShape>;

const cutShape = v.object({
  id: v.string(),
  description: v.nullish(v.string()),
  group_id: v.string(),
  status: v.string(),
  created_at: v.string(),
});
/** A snapshot of a group. */
export type CinderGroupSnapshot = v.InferOutput<typeof cutShape>;

/** Cinder's calls on groups and their snapshots. They fail with `HttpFailure`; what is not there is undefined, or done. */
export interface Groups {
  create(call: Call, group: Readonly<Record<string, unknown>>): Promise<string>;
  get(call: Call, id: string): Promise<CinderGroup | undefined>;
  /** Undefined: the marker is not there any more. */
  page(call: Call, query: Readonly<Record<string, string | number>>): Promise<readonly CinderGroup[] | undefined>;
  /** False: it is not there. */
  update(call: Call, id: string, change: Readonly<Record<string, string>>): Promise<boolean>;
  /** Only an empty one goes. */
  remove(call: Call, id: string): Promise<void>;
  createSnapshot(call: Call, snapshot: Readonly<Record<string, unknown>>): Promise<string>;
  getSnapshot(call: Call, id: string): Promise<CinderGroupSnapshot | undefined>;
  snapshotPage(call: Call, query: Readonly<Record<string, string | number>>): Promise<readonly CinderGroupSnapshot[] | undefined>;
  removeSnapshot(call: Call, id: string): Promise<void>;
}

const created = v.object({ id: v.string() });
const oneGroup = v.object({ group: groupShape });
const manyGroups = v.object({ groups: v.array(groupShape) });
const oneCut = v.object({ group_snapshot: cutShape });
const manyCuts = v.object({ group_snapshots: v.array(cutShape) });

export function createGroups(api: Api): Groups {
  const gone = [404];
  return {
    create: async (call, group) => decode("POST /groups", await api(call, { method: "POST", path: "/groups", body: { group } }), v.object({ group: created })).group.id,
    get: async (call, id) => {
      const answer = await unless(gone, api(call, { method: "GET", path: `/groups/${id}`, query: { list_volume: "true" } }));
      return answer && decode("GET /groups/{id}", answer, oneGroup).group;
    },
    page: async (call, query) => {
      const answer = await unless(gone, api(call, { method: "GET", path: "/groups/detail", query }));
      return answer && decode("GET /groups/detail", answer, manyGroups).groups;
    },
    update: async (call, id, change) => {
      try {
        return (await unless(gone, api(call, { method: "PUT", path: `/groups/${id}`, body: { group: change } }))) !== undefined;
      } catch (thrown) {
        // It is like that already.
        if (!failedWith(thrown, 400) || !thrown.detail.includes("no valid name")) throw thrown;
        return true;
      }
    },
    remove: async (call, id) => {
      await unless(gone, api(call, { method: "POST", path: `/groups/${id}/action`, body: { delete: { "delete-volumes": false } } }));
    },
    createSnapshot: async (call, snapshot) => {
      const answer = await api(call, { method: "POST", path: "/group_snapshots", body: { group_snapshot: snapshot } });
      return decode("POST /group_snapshots", answer, v.object({ group_snapshot: created })).group_snapshot.id;
    },
    getSnapshot: async (call, id) => {
      const answer = await unless(gone, api(call, { method: "GET", path: `/group_snapshots/${id}` }));
      return answer && decode("GET /group_snapshots/{id}", answer, oneCut).group_snapshot;
    },
    snapshotPage: async (call, query) => {
      const answer = await unless(gone, api(call, { method: "GET", path: "/group_snapshots/detail", query }));
      return answer && decode("GET /group_snapshots/detail", answer, manyCuts).group_snapshots;
    },
    removeSnapshot: async (call, id) => {
      await unless(gone, api(call, { method: "DELETE", path: `/group_snapshots/${id}` }));
    },
  };
}
