import assert from "node:assert/strict";
import { must, note } from "@opensds/lab/guest";
import { bench, pathOf } from "./guest-bench.js";
import { iqn, iscsiInfo, portals } from "./lio.js";
import type { Target } from "./target.js";

/** What may be around a host that is not the SDK's: a dead portal, multipath devices, an administrator's own login. */
export async function iscsiCare(target: Target): Promise<void> {
  const { host } = bench;

  const dead = { portal: "127.0.0.1:3999", iqn, lun: 1 };
  const info = iscsiInfo(1);
  const record = await host.attach(await bench.connection({ ...info, paths: [dead, ...info.paths] }, "care"), "test");
  assert.deepEqual(target.sessions().length, 1);
  await host.detach(record);
  assert.deepEqual([target.sessions(), target.disks()], [[], []]);
  assert.match(bench.logged(), /one path to the volume does not work: .*127\.0\.0\.1:3999/);
  assert(!bench.logged().includes(target.secret ?? "nothing"), "the password is in the log");
  note("went on to the second portal");

  await underMultipath();
  assert.deepEqual([target.sessions(), target.disks()], [[], []]);
  note("used and removed the multipath device over the disk");

  must("iscsiadm", "--mode", "node", "--targetname", iqn, "--portal", portals[0], "--op", "new");
  for (const [name, value] of [["authmethod", "CHAP"], ["username", "dock"], ["password", target.secret ?? ""]] as const) {
    must("iscsiadm", "--mode", "node", "--targetname", iqn, "--portal", portals[0], "--op", "update", "--name", `node.session.auth.${name}`, "--value", value);
  }
  must("iscsiadm", "--mode", "node", "--targetname", iqn, "--portal", portals[0], "--login");
  const beside = await host.attach(await bench.connection(iscsiInfo(1), "care"), "test");
  await host.detach(beside);
  assert.equal(target.sessions().length, 1, "the administrator's login was ended");
  note("left a login that was there before");
}

/** A device of the kernel's multipath over the disk, as the daemon makes it. */
async function underMultipath(): Promise<void> {
  const { host } = bench;
  must("modprobe", "-a", "dm_multipath", "dm_service_time");
  const volume = await bench.connection(iscsiInfo(1), "care");
  const single = await host.attach(volume, "test");
  const sectors = must("blockdev", "--getsz", pathOf(single)).trim();
  const table = `0 ${sectors} multipath 0 0 1 1 service-time 0 1 1 ${single.device?.number ?? ""} 1`;
  must("dmsetup", "create", "mpatha", "--uuid", "mpath-3600140500000000", "--table", table);
  const record = await host.attach(volume, "test");
  assert.match(pathOf(record), /^\/dev\/dm-\d+$/, "a path that multipath owns was handed out");
  assert.equal(record.device?.source, single.device?.source);
  must("dd", "if=/dev/zero", `of=${pathOf(record)}`, "bs=1M", "count=1", "conv=fsync", "status=none");
  await host.detach(record);
}
