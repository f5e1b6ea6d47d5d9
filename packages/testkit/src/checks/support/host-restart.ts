import { isSouthboundError, type AttachmentRecord } from "@opensds/core";
import type { Host } from "@opensds/core/host";
import { readdir, readFile } from "node:fs/promises";

/**
 * Removes a fenced host's device as starting that host anew would: what was written last cannot reach the volume any more, so a device that
 * cannot be flushed loses its helper processes first, found by the host's own runtime directory in their arguments.
 */
export async function removeFencedDevice(host: Host, record: AttachmentRecord, runtimeDir: string): Promise<void> {
  try {
    await host.detach(record);
  } catch (error) {
    if (!isSouthboundError(error) || error.reason !== "flush-failed") throw error;
    for (const name of await readdir("/proc")) {
      if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
      const words = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
      if (words.includes(runtimeDir)) process.kill(Number(name), "SIGKILL");
    }
    await host.detach(record);
  }
}
