import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { secret, type AttachmentRecord, type Connection, type RbdConnectionInfo } from "@opensds/core";
import { deviceBytes, must, note, sha256 } from "@opensds/lab/guest";
import { bench, describedElsewhere, expectGone, memoryJournal, pathOf, refused } from "./guest-bench.js";
import type { GuestOrder } from "./order.js";

const MiB = 1024 * 1024;

type Order = Extract<GuestOrder, { scenario: "rbd-life" }>;

/** An image through its whole life by one method, on a kernel that has it. */
export async function rbdLife(order: Order): Promise<void> {
  const { method, fsType, keyring } = order;
  const key = /key = (\S+)/.exec(readFileSync(keyring, "utf8"))?.[1] ?? "";
  // Monitors and a key are all that a host needs.
  const info: RbdConnectionInfo = { ...order.info, conf: undefined, key: secret(key) };
  const { host } = bench;
  const name = `${method}-${fsType}`;
  const volume = await bench.connection(info, name);
  const record = await host.attach(volume, "test");
  const path = pathOf(record);
  assert.equal(record.device?.method, method);
  note(`attached as ${path}`);
  assert(!must("sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' '\\n'").includes(key), "a process shows the key");
  assert.deepEqual(await host.attach(volume, "test"), record, "attaching again gives the same record");
  assert.deepEqual(describedElsewhere(volume), record, "another process rebuilds the record");

  const directory = bench.mountPoint(name);
  const journal = memoryJournal();
  const mount = await host.mount({ attachment: record, directory, fsType }, journal);
  note("formatted and mounted");
  const file = join(directory, "kept");
  writeFileSync(file, randomBytes(4 * MiB), { flush: true });
  const sum = sha256(file);
  await refused(host.detach(record), "device-held");

  await snapshotOf(order, volume, sum, record);
  note("snapshot taken under the mounted file system and read");

  const before = statfsSync(directory);
  rbd(order, "resize", "--no-progress", "--size", "640M", `${info.pool}/${info.image}`);
  await host.grow(record);
  assert.equal(deviceBytes(path), 640 * MiB);
  const grown = (statfsSync(directory).blocks - before.blocks) * before.bsize;
  assert(grown > 100 * MiB, `the file system grew by ${grown} bytes only`);
  assert.equal(sha256(file), sum);
  note("grown online");

  await heldElsewhere(directory, async () => {
    await host.unmount(mount);
    const { message } = await refused(host.detach(record), "device-held");
    assert.match(message, /mount namespace of process/);
  });
  assert.deepEqual(await host.attach(volume, "test"), record, "a refused detach leaves the device");
  await host.detach(record);
  await host.detach(record);
  expectGone(path);
  note("detached");

  const again = await host.attach(volume, "test");
  const second = await host.mount({ attachment: again, directory }, journal);
  assert.equal(sha256(file), sum, "the same data after detach and attach");
  await host.unmount(second);
  await host.detach(again);
  expectGone(pathOf(again));
  assert.equal(must("find", "/run/opensds", "-name", "keyring", "-o", "-name", "ceph.conf"), "", "credentials lie about");
  note("attached again, read and detached");
}

const rbd = ({ conf, info }: Order, ...args: string[]): string => must("rbd", "--conf", conf, "--id", info.user, ...args);

/** Cuts a snapshot while the file system is in use and frozen, and reads it back through a device of its own. */
async function snapshotOf(order: Order, volume: Connection, sum: string, record: AttachmentRecord): Promise<void> {
  const { info, fsType } = order;
  const snapshot = `${info.pool}/${info.image}@s`;
  await bench.host.frozen([record], { timeoutMs: 30_000 }, {}, () => {
    rbd(order, "snap", "create", "--no-progress", snapshot);
    return Promise.resolve();
  });
  const type = record.device?.method === "krbd" ? "krbd" : "nbd";
  const path = rbd(order, "device", "map", "--device-type", type, ...(type === "krbd" ? ["--options", "noudev"] : []), "--read-only", snapshot).trim();
  const directory = bench.mountPoint("snapshot");
  must("mount", "-t", fsType, "-o", fsType === "xfs" ? "ro,norecovery,nouuid" : "ro,noload", path, directory);
  assert.equal(sha256(join(directory, "kept")), sum, "the snapshot has the file");
  must("umount", directory);
  assert.deepEqual(describedElsewhere(volume), record, "the device of a snapshot is not the volume's");
  rbd(order, "device", "unmap", "--device-type", type, ...(type === "krbd" ? ["--options", "noudev"] : []), path);
  rbd(order, "snap", "rm", "--no-progress", snapshot);
}

/** Runs steps while another mount namespace still has what is mounted at a directory. */
async function heldElsewhere(directory: string, steps: () => Promise<void>): Promise<void> {
  const child = spawn("unshare", ["--mount", "--propagation", "private", "sh", "-c", "echo ready; exec sleep 1000"], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  try {
    await steps();
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
    must("sh", "-c", `! grep -q ' ${directory} ' /proc/mounts`);
  }
}
