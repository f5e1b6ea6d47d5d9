import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deviceBytes, must, note, sha256 } from "@opensds/lab/guest";
import { bench, describedElsewhere, memoryJournal, pathOf, refused } from "./guest-bench.js";
import { startIscsid, watchArguments } from "./iscsi-daemon.js";
import { surviveKills } from "./die-at.js";
import type { KillSample } from "./order.js";
import { MiB, unitBytes, type Target } from "./target.js";

/** A volume of a network target through its whole life, beside another one of the same target. */
export async function targetLife(target: Target, kills: KillSample): Promise<void> {
  const { host } = bench;
  const { method } = target;
  const seen = watchArguments();
  const expectNothing = (): void => {
    assert.deepEqual([target.sessions(), target.disks()], [[], []], "something is left of the target");
    assert.equal(must("find", "/run/opensds", "/etc/iscsi", "-type", "f", "(", "-name", "*.json", "-o", "-path", "*/nodes/*", "-o", "-name", ".opensds-*", ")"), "", "a record is left");
  };
  const first = await bench.connection(target.info(1), `${method}-1`);
  const second = await bench.connection(target.info(2), `${method}-2`);
  if (method === "iscsi") {
    const { message } = await refused(host.attach(first, "test"), "no-attach-method");
    assert.match(message, /the iSCSI daemon does not run/);
    expectNothing();
    await startIscsid();
  }
  await refused(host.attach(await bench.connection(target.stranger.info, `${method}-1`), "test"), target.stranger.reason);
  expectNothing();
  note("a stranger is refused");

  const record = await host.attach(first, "test");
  const path = pathOf(record);
  assert.equal(record.device?.method, method);
  assert.equal(deviceBytes(path), unitBytes);
  assert.deepEqual(await host.attach(first, "test"), record, "attaching again gives the same record");
  assert.deepEqual(describedElsewhere(first), record, "another process rebuilds the record");
  const sessions = target.sessions();
  expectUnseen(target, JSON.stringify(record), must("sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' '\\n'"));
  note(`attached as ${path} through ${sessions.join(", ")}`);

  const directory = bench.mountPoint(method);
  const journal = memoryJournal();
  const mount = await host.mount({ attachment: record, directory, fsType: "ext4" }, journal);
  const file = join(directory, "kept");
  writeFileSync(file, randomBytes(4 * MiB), { flush: true });
  const sum = sha256(file);
  await refused(host.detach(record), "device-held");
  note("formatted, mounted, written");

  const before = statfsSync(directory);
  target.grow(448 * MiB);
  await host.grow(record);
  await host.grow(record);
  assert.equal(deviceBytes(path), 448 * MiB);
  assert((statfsSync(directory).blocks - before.blocks) * before.bsize > 100 * MiB, "the file system did not grow");
  note("grown online");

  const beside = await host.attach(second, "test");
  assert.notEqual(pathOf(beside), path);
  assert.equal(deviceBytes(pathOf(beside)), unitBytes);
  assert.deepEqual(target.sessions(), sessions, "the second volume goes through the same login");
  await host.unmount(mount);
  await host.detach(record);
  await host.detach(record);
  assert.equal((await host.describe(first, "test")).device, null);
  assert.deepEqual(target.sessions(), sessions, "the login stays for the second volume");
  must("cmp", `--bytes=${4 * MiB}`, pathOf(beside), "/dev/zero");
  await host.detach(beside);
  expectNothing();
  note("two volumes on one login, and no login after the last");

  const again = await host.attach(first, "test");
  const remounted = await host.mount({ attachment: again, directory }, journal);
  assert.equal(sha256(file), sum, "the same data after detach and attach");
  await host.unmount(remounted);
  await host.detach(again);
  expectNothing();

  const reader = await bench.connection({ ...target.info(1), readOnly: true }, `${method}-1`);
  const reading = await host.attach(reader, "test");
  assert.equal(reading.device?.readOnly, true);
  assert.equal(must("blockdev", "--getro", pathOf(reading)).trim(), "1");
  assert.deepEqual(await host.attach(reader, "test"), reading);
  await host.detach(reading);
  note("attached read-only");

  await surviveKills(first, kills, expectNothing);
  if (method === "iscsi") assert(seen().length > 5, "no arguments were watched");
  expectUnseen(target, seen(), bench.logged());
}

/** Fails where a text has the target's password in it. */
function expectUnseen({ secret }: Target, ...texts: readonly string[]): void {
  if (secret !== undefined) for (const text of texts) assert(!text.includes(secret), "the password can be seen");
}
