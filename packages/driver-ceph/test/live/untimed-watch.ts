import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { labConf, stock } from "./lab.js";

/** Watches an object and kills itself so many milliseconds later. `python3-rados` comes with Ceph's commands. */
const dyingWatcher = `
import os, rados, sys, threading, time
conf, namespace, header, after_ms = sys.argv[1:]
cluster = rados.Rados(conffile=conf, rados_id="dock")
cluster.connect()
pool = cluster.open_ioctx("dock")
pool.set_namespace(namespace)
pool.stat(header)
def die():
  time.sleep(float(after_ms) / 1000)
  os.kill(os.getpid(), 9)
threading.Thread(target=die).start()
pool.watch(header, lambda *heard: None)
`;

const deaths = 25;
/** In steps that end within the milliseconds in which an OSD writes a watch down. */
const stepMs = 0.15;
/** What the cluster does time is over by then: 30 s, and some to spare. */
const timedOutMs = 33_000;

/**
 * Leaves on each of these images a watch that the cluster does not time, and none that it does. An OSD makes it for a client that goes while the watch
 * is being written down, and keeps it until it loads the object again.
 */
export async function leaveUntimedWatches(namespace: string, imageIds: readonly string[]): Promise<void> {
  const headers = imageIds.map((imageId) => `rbd_header.${imageId}`);
  const isWatched = async (header: string): Promise<boolean> =>
    (await stock("rados", "--pool", "dock", "--namespace", namespace, "listwatchers", header)).includes("watcher=");
  let left = headers;
  while (left.length > 0) {
    for (let death = 0; death < deaths; death += 1) {
      for (const header of left) await once(spawn("/usr/bin/python3", ["-c", dyingWatcher, labConf(), namespace, header, String(death * stepMs)], { stdio: "ignore" }), "exit");
    }
    await sleep(timedOutMs);
    const watched = await Promise.all(left.map(isWatched));
    left = left.filter((_, index) => watched[index] === false);
  }
}
