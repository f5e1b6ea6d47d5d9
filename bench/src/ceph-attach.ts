import { ok } from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GiB } from "@opensds/core";
import { execa } from "execa";
import type { CephBench } from "./ceph-bench.js";
import { timeOf } from "./ceph-compare.js";
import type { BenchPlace } from "./ceph-place.js";
import { toRow, type BenchRow } from "./row.js";

const name = "attached";

/** A device and its end over `fuse-loop`, recorded, locked and verified, against the tools alone. Reported, with no target. */
export async function benchAttach({ amounts, driver, place }: CephBench): Promise<readonly BenchRow[]> {
  const { id: volumeId } = await driver.createVolume({ name, capacity: { requiredBytes: GiB } });
  const perRound = Math.ceil(amounts.calls / 8);
  const ours = { attach: [] as number[][], detach: [] as number[][] };
  const theirs = { attach: [] as number[][], detach: [] as number[][] };
  const tools = await openTools(place);
  try {
    for (let round = 0; round < amounts.rounds; round += 1) {
      const [attaches, detaches]: [number[], number[]] = [[], []];
      for (let call = 0; call < perRound; call += 1) {
        const begin = performance.now();
        const record = await driver.attachVolume({ volumeId });
        attaches.push(performance.now() - begin);
        ok(record.device !== null && existsSync(record.device.path));
        detaches.push(await timeOf(() => driver.detachVolume(record)));
      }
      ours.attach.push(attaches);
      ours.detach.push(detaches);
      const [starts, ends]: [number[], number[]] = [[], []];
      for (let call = 0; call < perRound; call += 1) {
        starts.push(await timeOf(() => tools.attach(`opensds.${name}`)));
        ends.push(await timeOf(() => tools.detach()));
      }
      theirs.attach.push(starts);
      theirs.detach.push(ends);
    }
  } finally {
    await tools.remove();
  }
  await driver.deleteVolume({ id: volumeId });
  const about = { area: "ceph", peerName: "qemu-storage-daemon and losetup", peerVersion: tools.version, unit: "ms" } as const;
  return [
    toRow({ ...about, case: "attachVolume (fuse-loop), to device ready" }, { ours: ours.attach, peer: theirs.attach }),
    toRow({ ...about, case: "detachVolume (fuse-loop)" }, { ours: ours.detach, peer: theirs.detach }),
  ];
}

interface Tools {
  readonly version: string;
  attach(image: string): Promise<void>;
  detach(): Promise<void>;
  remove(): Promise<void>;
}

/** The same tools by hand: nothing is recorded, locked or verified. */
async function openTools({ conf, user, keyring, pool }: BenchPlace): Promise<Tools> {
  const folder = await mkdtemp(join(tmpdir(), "opensds-bench-attach-"));
  const inFolder = (one: string): string => join(folder, one);
  const [settings, file, pidFile] = [inFolder("ceph.conf"), inFolder("image"), inFolder("pid")];
  await writeFile(settings, (await readFile(conf, "utf8")).replace(/^keyring = .*$/m, `keyring = ${keyring}`), { mode: 0o600 });
  await writeFile(file, "");
  let device = "";
  return {
    version: /version (\S+)/.exec((await execa("qemu-storage-daemon", ["--version"])).stdout)?.[1] ?? "unknown",
    attach: async (image) => {
      const node = { driver: "rbd", "node-name": "n", pool, image, conf: settings, user, cache: { direct: true }, discard: "unmap" };
      const exported = { type: "fuse", id: "e", "node-name": "n", mountpoint: file, writable: true, "allow-other": "off" };
      await execa("qemu-storage-daemon", ["--daemonize", "--pidfile", pidFile, "--blockdev", JSON.stringify(node), "--export", JSON.stringify(exported)]);
      device = (await execa("losetup", ["--show", "-f", "--direct-io=on", file])).stdout;
    },
    detach: async () => {
      await execa("losetup", ["-d", device]);
      const pid = Number(await readFile(pidFile, "utf8"));
      process.kill(pid, "SIGTERM");
      while (existsSync(`/proc/${pid}`)) await sleep(2);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
