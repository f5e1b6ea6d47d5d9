import * as v from "valibot";
import { volumeRow, type Received, type Reply } from "./cloud-server.js";
import { ours } from "./test-clouds.js";

/** A group, or a group's snapshot, as this cloud keeps it. */
export interface FakeRow {
  readonly id: string;
  description: string | null;
  status: string;
}
export interface FakeGroup extends FakeRow {
  volumes: string[];
}
export interface FakeCut extends FakeRow {
  readonly group_id: string;
  /** Which snapshots it is made of: of which volumes, with which metadata. */
  readonly parts: readonly { readonly id: string; readonly volume_id: string; metadata: Readonly<Record<string, string>> }[];
}

const created_at = "2026-11-22T12:54:09.000000";
const changeShape = v.object({ group: v.record(v.string(), v.string()) });
const cutShape = v.object({ group_snapshot: v.object({ group_id: v.string(), description: v.string() }) });
const reserveShape = v.object({ attachment: v.object({ volume_uuid: v.string() }) });
const metadataShape = v.object({ metadata: v.record(v.string(), v.string()) });
const lockId = "ffffffff-0000-4000-8000-000000000000";

const refused = (message: string): Reply => ({ status: 400, body: { badRequest: { code: 400, message } } });

/** What a Cinder answers about groups and their snapshots, and about the lock that their names are taken under. */
export class FakeGroups {
  readonly groups = new Map<string, FakeGroup>();
  readonly cuts = new Map<string, FakeCut>();
  #count = 0;
  /** Volumes of ours that can be looked at. */
  readonly members = new Set<string>();
  /** What stands between volumes and hosts. */
  readonly attachments: { readonly id: string; readonly volume_id: string; readonly status: string; readonly instance: string | null }[] = [];
  /** Why no group is changed. */
  refusal: string | undefined;
  /** What happens before a request that changes something is answered. */
  onChange = (_method: string, _path: string): unknown => undefined;

  answer({ method, path, body, query }: Received): Reply | undefined {
    const [, what = "", id = ""] = /^\/v3\/p1\/(\w+)\/?([\w-]*)/u.exec(path) ?? [];
    if (method !== "GET" && what !== "auth") this.onChange(method, path);
    switch (what) {
      case "groups":
        return this.#group(method, id, body);
      case "group_snapshots":
        return this.#cut(method, id, body);
      case "snapshots":
        return method === "POST" ? this.#vouch(id, body) : { status: 200, body: { snapshots: this.#parts(query.get("volume_id")) } };
      case "volumes": {
        if (method === "GET" && this.members.has(id)) return { status: 200, body: { volume: volumeRow({ id, status: this.#isFree(id) ? "available" : "reserved", metadata: ours(id), ...this.#groupOf(id) }) } };
        const lock = volumeRow({ id: lockId, name: "opensds: lock for names", metadata: ours("\u0000lock for names") });
        // Only who looks for the lock is told of it.
        const asked = query.get("metadata")?.includes("opensds.name") === true;
        return path.endsWith("/detail") ? { status: 200, body: { volumes: asked ? [lock] : [] } } : undefined;
      }
      case "attachments":
        return this.#attachment(method, id, body, query.get("volume_id"));
      default:
        return undefined;
    }
  }

  #isFree(volume: string): boolean {
    return !this.attachments.some((attachment) => attachment.volume_id === volume);
  }

  #attachment(method: string, id: string, body: unknown, volume: string | null): Reply {
    if (method === "GET") return { status: 200, body: { attachments: this.attachments.filter((attachment) => attachment.volume_id === volume) } };
    if (method === "POST") {
      const of = v.parse(reserveShape, body).attachment.volume_uuid;
      if (!this.#isFree(of)) return refused("Invalid volume: Volume status must be available");
      const reserved = { id: `a${++this.#count}`, volume_id: of, status: "reserved", instance: null };
      this.attachments.push(reserved);
      return { status: 200, body: { attachment: reserved } };
    }
    const index = this.attachments.findIndex((attachment) => attachment.id === id);
    if (index >= 0) this.attachments.splice(index, 1);
    return { status: 200, body: { attachments: [] } };
  }

  #groupOf(volume: string): { readonly group_id?: string } {
    for (const [id, { volumes }] of this.groups) if (volumes.includes(volume)) return { group_id: id };
    return {};
  }

  #group(method: string, id: string, body: unknown): Reply | undefined {
    if (id === "detail") return { status: 200, body: { groups: [...this.groups.values()].map(({ volumes: _, ...row }) => ({ ...row, created_at })) } };
    const group = this.groups.get(id);
    if (group === undefined) return undefined;
    if (method === "PUT") {
      if (this.refusal !== undefined) return refused(this.refusal);
      const change = v.parse(changeShape, body).group;
      const [added, removed] = [change["add_volumes"]?.split(",") ?? [], change["remove_volumes"]?.split(",") ?? []];
      const twice = added.find((volume) => group.volumes.includes(volume));
      if (twice !== undefined) return refused(`Invalid volume: Cannot add volume ${twice} to group ${id} because it is already in group ${id}.`);
      const never = removed.find((volume) => !group.volumes.includes(volume));
      if (never !== undefined) return refused(`Invalid volume: Cannot remove volume ${never} from group ${id} because it is not in the group.`);
      group.volumes = [...group.volumes, ...added].filter((volume) => !removed.includes(volume));
      group.description = change["description"] ?? group.description;
      return { status: 202 };
    }
    if (method === "POST") {
      if (group.volumes.length > 0 || [...this.cuts.values()].some((cut) => cut.group_id === id)) return refused("Invalid group: it is not empty");
      this.groups.delete(id);
      return { status: 202 };
    }
    return { status: 200, body: { group: { ...group, created_at } } };
  }

  #cut(method: string, id: string, body: unknown): Reply | undefined {
    if (method === "POST") {
      const { group_id, description } = v.parse(cutShape, body).group_snapshot;
      const made = `cccccccc-0000-4000-8000-${String(++this.#count).padStart(12, "0")}`;
      const parts = (this.groups.get(group_id)?.volumes ?? []).map((volume, index) => ({ id: made.replace("cccccccc", `dddddd0${index}`), volume_id: volume, metadata: {} }));
      this.cuts.set(made, { id: made, group_id, description, status: "available", parts });
      return { status: 202, body: { group_snapshot: { id: made } } };
    }
    if (id === "detail") return { status: 200, body: { group_snapshots: [...this.cuts.values()].map(({ parts: _, ...row }) => ({ ...row, created_at })) } };
    const cut = this.cuts.get(id);
    if (cut === undefined) return undefined;
    if (method === "DELETE") {
      this.cuts.delete(id);
      return { status: 202 };
    }
    return { status: 200, body: { group_snapshot: { id, description: cut.description, status: cut.status, group_id: cut.group_id, created_at } } };
  }

  #vouch(id: string, body: unknown): Reply | undefined {
    const part = [...this.cuts.values()].flatMap(({ parts }) => parts).find((one) => one.id === id);
    if (part === undefined) return undefined;
    part.metadata = { ...part.metadata, ...v.parse(metadataShape, body).metadata };
    return { status: 200, body: { metadata: part.metadata } };
  }

  #parts(volume: string | null): readonly unknown[] {
    return [...this.cuts.values()].flatMap(({ id, parts }) =>
      parts.filter(({ volume_id: of }) => of === volume).map((part) => ({ ...part, status: "available", size: 1, created_at, group_snapshot_id: id })),
    );
  }
}
