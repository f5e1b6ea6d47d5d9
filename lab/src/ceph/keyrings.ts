import { randomBytes } from "node:crypto";
import { DOCK_USER, EC_POOL, hasEcPool, osdNames, POOLS } from "./layout.js";

export interface Entity {
  readonly name: string;
  readonly key: string;
  readonly caps: Readonly<Partial<Record<"mon" | "mgr" | "osd" | "mds", string>>>;
}

export interface ClusterKeys {
  readonly mon: Entity;
  readonly admin: Entity;
  readonly mgr: Entity;
  readonly dock: Entity;
  readonly osds: readonly Entity[];
}

/**
 * All keys of a new cluster. The monitor takes them in when its store is made, so that no daemon and no user has to be
 * registered later: that saves a round of commands for each, at a third of a second a command.
 */
export function newKeys(osds: number): ClusterKeys {
  const entity = (name: string, caps: Entity["caps"]): Entity => ({ name, key: newSecret(), caps });
  const pools = [...POOLS, ...(hasEcPool(osds) ? [EC_POOL] : [])].map((pool) => `profile rbd pool=${pool}`).join(", ");
  return {
    mon: entity("mon.", { mon: "allow *" }),
    admin: entity("client.admin", { mon: "allow *", mgr: "allow *", osd: "allow *", mds: "allow *" }),
    mgr: entity("mgr.x", { mon: "allow profile mgr", osd: "allow *", mds: "allow *" }),
    dock: entity(`client.${DOCK_USER}`, { mon: "profile rbd", osd: pools, mgr: pools }),
    osds: osdNames(osds).map((name) => entity(name, { mon: "allow profile osd", mgr: "allow profile osd", osd: "allow *" })),
  };
}

/** A cephx secret: the cipher (1 is AES), when it was made (seconds, nanoseconds), the key's length, the key. */
export function newSecret(now = new Date()): string {
  const key = randomBytes(16);
  const head = Buffer.alloc(12);
  head.writeUInt16LE(1, 0);
  head.writeUInt32LE(Math.floor(now.getTime() / 1000), 2);
  head.writeUInt32LE(0, 6);
  head.writeUInt16LE(key.length, 10);
  return Buffer.concat([head, key]).toString("base64");
}

export function renderKeyring(entities: readonly Entity[]): string {
  return entities.map(({ name, key, caps }) => `[${name}]\n\tkey = ${key}\n${renderCaps(caps)}`).join("");
}

function renderCaps(caps: Entity["caps"]): string {
  return Object.entries(caps)
    .map(([daemon, cap]) => `\tcaps ${daemon} = "${cap}"\n`)
    .join("");
}
