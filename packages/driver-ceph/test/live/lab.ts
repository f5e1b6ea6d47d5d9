import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { isSouthboundError, openBackends, type Backends, type OpenBackendsOptions, type SouthboundError, type VolumeDriver } from "@opensds/core";
import ceph, { type CephOptions } from "@opensds/driver-ceph";
import { killDaemon, startDaemon } from "@opensds/lab";

/** Whether the top-level runner has brought the lab up for these tests. */
export const live = process.env["SB_LAB_LIVE"] === "1";

const backendsFile = process.env["SB_LAB_BACKENDS"] ?? fileURLToPath(new URL("../../../../.lab/backends.yaml", import.meta.url));

/** The lab's `ceph.conf` for the least-privilege user. */
export function labConf(): string {
  const conf = /conf: "?([^"\n]+)"?/.exec(readFileSync(backendsFile, "utf8"))?.[1];
  if (conf === undefined) throw new Error(`no conf in ${backendsFile}`);
  return conf;
}

/** How a dock reaches the cluster. Tests say which: `auto` would hide that one of the two is not to be had. */
export type TransportName = "native" | "cli";
export const transports: readonly TransportName[] = ["native", "cli"];

/** The backends `ceph` and `ceph2`: the lab's two pools, in a namespace of the test file's own. */
export const openLab = (namespace: string, transport: TransportName, options: OpenBackendsOptions = {}, more: Partial<CephOptions> = {}): Promise<Backends> => {
  const element = (pool: string) => ({ ceph_driver: { conf: labConf(), user: "dock", pool, namespace, transport, ...more } });
  return openBackends({ backends: { ceph: element("dock"), ceph2: element("dock2") } }, { drivers: [ceph], ...options });
};

const run = promisify(execFile);

/** Runs a stock command of Ceph's as the lab's least-privilege user and fulfils with what it printed. */
export async function stock(tool: "ceph" | "rados" | "rbd", ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(tool, [...args, "--conf", labConf(), "--id", "dock"]);
  return stdout;
}

/** Objects that RBD keeps for a namespace once anything was done in it. */
const ofTheNamespace = ["rbd_directory", "rbd_info", "rbd_task", "rbd_trash", "rbd_children", "rbd_mirroring", "rbd_group_directory"];

/** Objects that the driver keeps for a pool and namespace as a whole: registers of names, and who is fenced. */
const ofThePlace = /^(opensds\.[a-z-]+s\.[0-9a-f]{2}|rbd_header\.opensds-place)$/;

/** A namespace in both pools for one test file, so that files do not see each other's images. */
export interface LabNamespace {
  readonly name: string;
  readonly transport: TransportName;
  readonly backends: Backends;
  readonly driver: VolumeDriver;
  /** The objects in the first pool that belong to some image, sorted. */
  objects(): Promise<readonly string[]>;
  /** A stock `rbd` command in the first pool. */
  rbd(...args: readonly string[]): Promise<string>;
  /** A stock `rados` command in the first pool. */
  rados(...args: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

/** Makes the namespace and opens the backends in it. */
export async function openNamespace(what: string, transport: TransportName, more: Partial<CephOptions> = {}): Promise<LabNamespace> {
  const name = `t-${process.pid}-${what}-${transport}`;
  const pools = ["dock", "dock2"];
  for (const pool of pools) await stock("rbd", "namespace", "create", "--pool", pool, "--namespace", name);
  const backends = await openLab(name, transport, {}, more);
  const driver = backends.get("ceph");
  const removeNamespace = async (): Promise<void> => {
    for (const pool of pools) {
      await stock("rbd", "namespace", "remove", "--pool", pool, "--namespace", name).catch(() => undefined);
      const left = (await stock("rados", "--pool", pool, "--namespace", name, "ls").catch(() => "")).split("\n");
      for (const object of [...ofTheNamespace, ...left.filter((one) => ofThePlace.test(one))]) {
        await stock("rados", "--pool", pool, "--namespace", name, "rm", object).catch(() => undefined);
      }
    }
  };
  try {
    await driver.setup();
  } catch (error) {
    await removeNamespace();
    throw error;
  }
  const where = ["--pool", "dock", "--namespace", name];
  const objects = async (): Promise<readonly string[]> => {
    const names = (await stock("rados", ...where, "ls")).split("\n").filter((one) => one !== "");
    return names.filter((one) => !ofTheNamespace.includes(one) && !ofThePlace.test(one)).sort();
  };
  return {
    name,
    transport,
    backends,
    driver,
    objects,
    rbd: (...args) => stock("rbd", ...args, ...where),
    rados: (...args) => stock("rados", ...args, ...where),
    remove: async () => {
      await deleteAll(driver);
      // What is purged in the background is purged before this ends.
      await backends.unset();
      let left = await objects();
      // The cluster's manager may have been left with some of it.
      const wait = async (seconds: number): Promise<void> => {
        for (let waits = 0; left.length > 0 && waits < seconds; waits += 1) {
          await sleep(1_000);
          left = await objects();
        }
      };
      await wait(60);
      if (left.length > 0 && areAll(left, await stock("rbd", ...where, "trash", "ls"))) {
        await forgetDeadWatchers();
        await wait(240);
      }
      await removeNamespace();
      if (left.length > 0) throw new Error(`objects are left: ${left.join(", ")}`);
    },
  };
}

/** Whether objects are all of images that the trash lists: anything else is an orphan. */
const areAll = (objects: readonly string[], trash: string): boolean => {
  const ids = trash.split("\n").flatMap((line) => /^\S+/.exec(line) ?? []);
  return objects.every((object) => ids.some((id) => object.endsWith(`.${id}`)));
};

/**
 * An OSD that makes a watch for a client that has just gone keeps it until it loads the object again: then it gets its 30 s. What it held up is with the
 * manager, which tries again after half a minute, a minute, and so on.
 */
export async function forgetDeadWatchers(): Promise<void> {
  await killDaemon("osd.0");
  await startDaemon("osd.0");
}

/** How a call fails; undefined where it does not. What is no `SouthboundError` is thrown on. */
export async function failureOf(call: Promise<unknown>): Promise<SouthboundError | undefined> {
  try {
    await call;
    return undefined;
  } catch (thrown) {
    if (isSouthboundError(thrown)) return thrown;
    throw thrown;
  }
}

let names = 0;
/** A name that no other test uses. */
export const uniqueName = (what: string): string => {
  names += 1;
  return `t-${process.pid}-${what}-${names}`;
};

async function deleteAll(driver: VolumeDriver): Promise<void> {
  for await (const volume of driver.listVolumes()) {
    for (const { attachment } of await driver.listAttachments({ volumeId: volume.id, hostId: "all" })) {
      await driver.disconnectVolume({ volumeId: volume.id, attachmentId: attachment.id });
    }
    await driver.deleteVolume({ id: volume.id });
  }
}
