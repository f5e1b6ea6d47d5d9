import * as v from "valibot";
import type { Call } from "../call.js";
import type { Api } from "./api.js";
import { unless } from "./failure.js";
import { decode, snapshotShape, type CinderSnapshot } from "./shapes.js";

/** Cinder's calls on snapshots. They fail with `HttpFailure`; what is not there is undefined, or done. */
export interface Snapshots {
  create(call: Call, snapshot: Readonly<Record<string, unknown>>): Promise<CinderSnapshot>;
  get(call: Call, id: string): Promise<CinderSnapshot | undefined>;
  /** Undefined: the marker is not there any more. */
  page(call: Call, query: Readonly<Record<string, string | number>>): Promise<readonly CinderSnapshot[] | undefined>;
  remove(call: Call, id: string): Promise<void>;
  /** Adds keys, or replaces their values. False: the snapshot is not there. */
  addMetadata(call: Call, id: string, metadata: Readonly<Record<string, string>>): Promise<boolean>;
}

const one = v.object({ snapshot: snapshotShape });
const many = v.object({ snapshots: v.array(snapshotShape) });

export function createSnapshots(api: Api): Snapshots {
  return {
    create: async (call, snapshot) => decode("POST /snapshots", await api(call, { method: "POST", path: "/snapshots", body: { snapshot } }), one).snapshot,
    get: async (call, id) => {
      const answer = await unless([404], api(call, { method: "GET", path: `/snapshots/${id}` }));
      return answer && decode("GET /snapshots/{id}", answer, one).snapshot;
    },
    page: async (call, query) => {
      const answer = await unless([404], api(call, { method: "GET", path: "/snapshots/detail", query }));
      return answer && decode("GET /snapshots/detail", answer, many).snapshots;
    },
    remove: async (call, id) => {
      await unless([404], api(call, { method: "DELETE", path: `/snapshots/${id}` }));
    },
    addMetadata: async (call, id, metadata) =>
      (await unless([404], api(call, { method: "POST", path: `/snapshots/${id}/metadata`, body: { metadata } }))) !== undefined,
  };
}
