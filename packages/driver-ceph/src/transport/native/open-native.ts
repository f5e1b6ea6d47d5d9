import type { Call } from "../../call.js";
import type { CephConfig } from "../../config.js";
import type { Transport } from "../transport.js";
import { findChild } from "./find-child.js";
import { createNativeCluster } from "./native-cluster.js";
import { createNativeImages } from "./native-images.js";
import { createNativeRados, holdsLock } from "./native-rados.js";
import { createNativeRbd } from "./native-rbd.js";
import { createNativeTrash } from "./native-trash.js";
import { createPurgeQueue } from "./purge-queue.js";
import { NativeUnavailable } from "./native-failures.js";
import { createSupervisor } from "./supervisor.js";

/** What closing waits for images to be purged; what is left then is for the next setup. */
const drainWithinMs = 5_000;

/** librados and librbd in a child process. Connects nothing yet. */
export function createNativeTransport(config: CephConfig, { ctx }: Call): Transport & { open(call: Call): Promise<void> } {
  const entry = findChild(config.childEntry);
  if ("why" in entry) throw new NativeUnavailable(entry.why);
  const { conf, user, keyring, pool, namespace, dataPool, commandTimeoutMs } = config;
  const timeoutSeconds = Math.max(1, Math.ceil(commandTimeoutMs / 1_000));
  const settings = { conf, user, pool, namespace, dataPool, timeoutSeconds, ...(keyring !== undefined && { keyring }) };
  const supervisor = createSupervisor(entry, config.execPath, settings, commandTimeoutMs);
  const cluster = createNativeCluster(supervisor);
  const rados = createNativeRados(supervisor);
  const purges = createPurgeQueue({
    supervisor,
    log: ctx.log,
    toManager: async (caller, imageId) => {
      const words = { prefix: "rbd task add trash remove", image_id_spec: [pool, ...(namespace === "" ? [] : [namespace]), imageId].join("/") };
      await supervisor.request(caller, "command", { to: "mgr", words }, { changes: true });
    },
  });
  return {
    name: "native",
    rbd: createNativeRbd(supervisor),
    rados,
    images: createNativeImages(supervisor),
    cluster,
    trash: createNativeTrash(supervisor),
    stepwise: {
      create: async (call, imageName, form) => (await supervisor.request(call, "createNamed", { imageName, form }, { changes: true })) ?? undefined,
      takeSized: async (call, imageId, sizeBytes, lock, wanted) => {
        if (await supervisor.request(call, "takeSized", { imageId, lock, sizeBytes, request: wanted }, { changes: true })) return true;
        return holdsLock(rados, call, imageId, lock, wanted);
      },
    },
    purgeLater: (imageId) => purges.add(imageId),
    libraries: supervisor.versions,
    open: (call) => supervisor.open(call),
    proved: () => purges.sweep(),
    close: async () => {
      await purges.drain(drainWithinMs);
      await supervisor.close();
    },
  };
}
