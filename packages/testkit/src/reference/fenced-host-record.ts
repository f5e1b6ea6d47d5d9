import { hostId, type HostId } from "@opensds/core";
import * as v from "valibot";
import { recordKind } from "./record-kind.js";

/** That a host is fenced. */
export interface FencedHostRecord {
  /** The version of this layout. */
  readonly layout: 1;
  readonly id: string;
  readonly hostId: HostId;
  /** ISO 8601, UTC. */
  readonly fencedAt: string;
}

const schema = v.object({ layout: v.literal(1), id: v.string(), hostId: v.pipe(v.string(), v.transform(hostId)), fencedAt: v.string() });

export const fencedHostKind = recordKind<FencedHostRecord>("fenced-hosts", schema);
