import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { Connection, RbdConnectionInfo } from "@opensds/core";
import { loopsOf, may, must, pidsMentioning, type Bench } from "./support.js";

/** The lab's cluster, as its least-privileged user. */
export const conf = process.env["SB_LAB_CEPH_CONF"] ?? fileURLToPath(new URL("../../../../.lab/ceph/client.conf", import.meta.url));
const user = "dock";
export const pool = "dock";

/** The stock command. */
export const rbd = (...args: string[]): string => must("rbd", "--conf", conf, "--id", user, ...args);

/** What reaches the cluster without its ceph.conf. */
export const monitors = (): readonly string[] => [/mon[ _]host *= *(.+)/.exec(readFileSync(conf, "utf8"))?.[1] ?? ""];
export const keyring = join(conf, "..", "client.dock.keyring");
export const userKey = (): string => /key = (\S+)/.exec(readFileSync(keyring, "utf8"))?.[1] ?? "";

let images = 0;
const made: string[] = [];

/** Removes the images. At the end: a daemon that was killed counts as a watcher for 30 seconds, and until then its image cannot go. */
export async function removeImages(): Promise<void> {
  for (let tries = 0; made.length > 0 && tries < 4; tries += 1) {
    for (const image of made.splice(0)) if (!may("rbd", "--conf", conf, "--id", user, "rm", "--no-progress", image)) made.push(image);
    if (made.length > 0) await sleep(10_000);
  }
  expect(made).toEqual([]);
}

/** A new image of the lab, as a volume. */
export function imageVolume(bench: Bench, part: Partial<RbdConnectionInfo> = {}): Promise<Connection> {
  const info = imageInfo(part);
  return bench.connection(info, info.image, info.readOnly ? "single-reader" : "single-writer");
}

/** How to reach a new image of the lab, with these features besides the usual ones. */
export function imageInfo(part: Partial<RbdConnectionInfo> = {}, ...features: readonly string[]): RbdConnectionInfo {
  images += 1;
  const image = `host-test-${process.pid}-${images}`;
  rbd("create", "--size", "512M", `${pool}/${image}`);
  made.push(`${pool}/${image}`);
  for (const feature of features) rbd("feature", "enable", `${pool}/${image}`, feature);
  const { id: imageId } = JSON.parse(rbd("info", "--format", "json", `${pool}/${image}`)) as { id: string };
  const pools = JSON.parse(must("ceph", "--conf", conf, "--id", user, "osd", "lspools", "--format", "json")) as { poolnum: number; poolname: string }[];
  const poolId = pools.find(({ poolname }) => poolname === pool)?.poolnum ?? 0;
  const fsid = must("ceph", "--conf", conf, "--id", user, "fsid").trim();
  return {
    protocol: "rbd",
    fsid,
    monitors: [],
    pool,
    poolId,
    namespace: "",
    image,
    imageId,
    user,
    conf,
    methods: ["krbd", "rbd-nbd", "fuse-loop"],
    readOnly: false,
    ...part,
  };
}

/** That neither a device nor a daemon nor a file of a bench is left. */
export function expectNothingLeft(bench: Bench): void {
  expect(loopsOf(bench.directory)).toEqual([]);
  expect(pidsMentioning(bench.directory)).toEqual([]);
  expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(`${bench.runtimeDir}/`);
  expect(must("find", bench.runtimeDir, "-type", "f")).toBe("");
}
