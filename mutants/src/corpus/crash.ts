import { SouthboundError } from "@opensds/core";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Mutant } from "../mutant.js";
import { at } from "../support.js";

/** A lock that its holder's death does not end: whoever comes later is refused, for ever. Another process waits for a living holder. */
async function locked<Value>(what: string, work: () => Promise<Value>): Promise<Value> {
  const path = join(tmpdir(), `lock-${createHash("sha256").update(what).digest("hex")}`);
  while (!take(path)) await sleep(5);
  return work().finally(() => rmSync(path, { force: true }));
}

function take(path: string): boolean {
  const holder = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  if (holder === undefined) writeFileSync(path, String(process.pid));
  else if (!existsSync(`/proc/${holder}`)) throw new SouthboundError("ABORTED", "operation-pending", "an operation is under way", { outcome: "none" });
  return holder === undefined || holder === String(process.pid);
}

const seen = "ceph-csi 740, 578, rook 1507: the node dies, and the volume stays locked until somebody forces it";

/** What a killed process leaves in the way of the next one. */
export const crashMutants: readonly Mutant[] = [
  {
    name: "locks a name for a create, and leaves it locked when it is killed",
    breaks: "SB-CRASH-1",
    seen,
    backend: () => (sound) => ({
      createVolume: (request, ctx) =>
        request.source === undefined ? locked(request.name, () => sound.createVolume(request, ctx)) : sound.createVolume(request, ctx),
    }),
  },
  {
    name: "locks a volume for a delete, and leaves it locked when it is killed",
    breaks: "SB-CRASH-1",
    seen,
    backend: () => (sound) => ({ deleteVolume: (request, ctx) => locked(request.id, () => sound.deleteVolume(request, ctx)) }),
    alsoFails: { "RECONCILIATION-1": "a volume of a killed delete cannot be removed after the check" },
  },
  {
    name: "locks a volume for a connect, and leaves it locked when it is killed",
    breaks: "SB-CRASH-1",
    seen,
    backend: () => (sound) => ({ connectVolume: (request, ctx) => locked(request.volumeId, () => sound.connectVolume(request, ctx)) }),
    alsoFails: { "CRASH-4": "an attach connects" },
  },
  {
    name: "locks a volume for a disconnect, and leaves it locked when it is killed",
    breaks: "SB-CRASH-1",
    seen,
    backend: () => (sound) => ({ disconnectVolume: (request, ctx) => locked(request.volumeId, () => sound.disconnectVolume(request, ctx)) }),
    alsoFails: { "CRASH-12": "a detach disconnects" },
  },
  {
    name: "locks a volume for an attach, and leaves it locked when it is killed",
    breaks: "SB-CRASH-2",
    seen,
    driver: () => (sound) => ({
      attachVolume: (request, options) => locked(String(at(request, "volumeId")), () => sound.attachVolume(request, options)),
    }),
  },
  {
    name: "locks a device for a detach, and leaves it locked when it is killed",
    breaks: "SB-CRASH-2",
    seen,
    driver: () => (sound) => ({
      detachVolume: (record, options) => locked(String(at(record, "attachment", "id")), () => sound.detachVolume(record, options)),
    }),
  },
  {
    name: "locks a directory for a mount, and leaves it locked when it is killed",
    breaks: "SB-CRASH-2",
    seen,
    driver: () => (sound) => ({
      mountVolume: (request, options) => locked(String(at(request, "directory")), () => sound.mountVolume(request, options)),
    }),
  },
  {
    name: "locks a directory for an unmount, and leaves it locked when it is killed",
    breaks: "SB-CRASH-2",
    seen,
    driver: () => (sound) => ({
      unmountVolume: (record, options) => locked(String(at(record, "directory")), () => sound.unmountVolume(record, options)),
    }),
  },
  {
    name: "locks a snapshot's name while it cuts it, and leaves it locked when it is killed",
    breaks: "SB-CRASH-3",
    seen,
    backend: () => (sound) => ({
      snapshots: { createSnapshot: (request, ctx) => locked(request.name, () => sound.snapshots.createSnapshot(request, ctx)) },
    }),
  },
  {
    name: "locks a snapshot for going back to it, and leaves it locked when it is killed",
    breaks: "SB-CRASH-3",
    seen,
    backend: () => (sound) => ({
      snapshots: { revertVolume: (request, ctx) => locked(request.snapshotId, () => sound.snapshots.revertVolume(request, ctx)) },
    }),
  },
  {
    name: "locks a volume for growing, and leaves it locked when it is killed",
    breaks: "SB-CRASH-3",
    seen,
    backend: () => (sound) => ({
      expansion: { expandVolume: (request, ctx) => locked(request.id, () => sound.expansion.expandVolume(request, ctx)) },
    }),
  },
  {
    name: "locks a source for a clone, and leaves it locked when it is killed",
    breaks: "SB-CRASH-3",
    seen,
    backend: () => (sound) => ({
      createVolume: (request, ctx) =>
        request.source === undefined ? sound.createVolume(request, ctx) : locked(request.name, () => sound.createVolume(request, ctx)),
    }),
  },
  {
    name: "locks the trash for an undelete, and leaves it locked when it is killed",
    breaks: "SB-CRASH-3",
    seen,
    backend: () => (sound) => ({
      trash: { undeleteVolume: (request, ctx) => locked(request.id, () => sound.trash.undeleteVolume(request, ctx)) },
    }),
  },
  {
    name: "locks a group's name while it makes it, and leaves it locked when it is killed",
    breaks: "SB-CRASH-3",
    seen,
    backend: () => (sound) => ({
      groups: { createGroup: (request, ctx) => locked(request.name, () => sound.groups.createGroup(request, ctx)) },
    }),
  },
  {
    name: "locks a group while it cuts its snapshot, and leaves it locked when it is killed",
    breaks: "SB-CRASH-3",
    seen,
    backend: () => (sound) => ({
      groups: { createGroupSnapshot: (request, ctx) => locked(request.name, () => sound.groups.createGroupSnapshot(request, ctx)) },
    }),
  },
];
