import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RbdConnectionInfo } from "@opensds/core";
import { deviceBytes, must, note } from "@opensds/lab/guest";
import { bench, expectGone, memoryJournal, pathOf, refused } from "./guest-bench.js";
import type { GuestOrder } from "./order.js";

const MiB = 1024 * 1024;
const headerBytes = 4 * MiB;
const marker = "what nobody but its owner may read";

/** An image that librbd has encrypted: past the kernel's client, to rbd-nbd, and to nobody without its passphrase. */
export async function rbdEncrypted({ info: plain, conf }: Extract<GuestOrder, { scenario: "rbd-encrypted" }>): Promise<void> {
  const { host } = bench;
  const image = `${plain.pool}/${plain.image}`;
  const rbd = (...args: string[]): string => must("rbd", "--conf", conf, "--id", plain.user, ...args);
  writeFileSync("/root/passphrase", "open sesame\n", { mode: 0o600 });
  writeFileSync("/root/plain-passphrase", "open sesame", { mode: 0o600 });
  writeFileSync("/root/wrong", "open barley\n", { mode: 0o600 });
  // Here, and not where the machine is emulated: LUKS makes the key as dear as this machine is fast.
  rbd("encryption", "format", image, "luks1", "/root/plain-passphrase");
  note("encrypted");
  const infoWith = (passphraseFile: string): RbdConnectionInfo => ({ ...plain, methods: ["krbd", "rbd-nbd"], encryption: { format: "luks1", headerBytes, passphraseFile } });

  const { message } = await refused(host.attach(await bench.connection(infoWith("/root/wrong"), "encrypted"), "test"), "encryption-key-wrong");
  note(message);
  assert.equal(must("sh", "-c", "cat /sys/block/nbd*/pid 2>/dev/null || true"), "", "something is mapped");

  const volume = await bench.connection(infoWith("/root/passphrase"), "encrypted");
  const record = await host.attach(volume, "test");
  const path = pathOf(record);
  assert.equal(record.device?.method, "rbd-nbd");
  assert.equal(deviceBytes(path), 512 * MiB - headerBytes);
  assert.equal(must("find", "/run/opensds", "-name", "passphrase"), "", "the passphrase lies about");
  note(`attached as ${path}`);
  const journal = memoryJournal();
  const directory = bench.mountPoint("encrypted");
  const mount = await host.mount({ attachment: record, directory, fsType: "ext4" }, journal);
  writeFileSync(join(directory, "kept"), marker, { flush: true });
  rbd("resize", "--no-progress", "--size", "576M", image);
  await host.grow(record);
  assert.equal(deviceBytes(path), 576 * MiB - headerBytes);
  note("grown online");
  await host.unmount(mount);
  must("grep", "--quiet", "--text", "--fixed-strings", marker, path);
  await host.detach(record);
  expectGone(path);
  must("sh", "-c", `rbd --conf ${conf} --id ${plain.user} export --no-progress ${image} - | { ! grep --quiet --text --fixed-strings '${marker}'; }`);
  note("detached, and only ciphertext is left");
}
