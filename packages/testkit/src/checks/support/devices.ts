import { readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Device } from "@opensds/core";

/**
 * What the kernel says is behind a device, in a form to compare; undefined where it says nothing. It is read from the device tree: opening
 * other people's devices, if only to read, would keep their owners from letting them go.
 */
export async function whatIsBehind(device: Device): Promise<string | undefined> {
  return sourceOf(basename(device.path));
}

/** The devices of this host that have this behind them: whether a volume is here under any name, told without asking the driver. */
export async function devicesOver(source: string | undefined): Promise<readonly string[]> {
  if (source === undefined) return [];
  const names = await readdir("/sys/block");
  const sources = await Promise.all(names.map(sourceOf));
  return names.filter((_name, index) => sources[index] === source).map((name) => `/dev/${name}`);
}

async function sourceOf(name: string): Promise<string | undefined> {
  const kind = /^[a-z]+/.exec(name)?.[0] ?? "";
  const said = await (sayings[kind] ?? identifier)(name);
  return said === undefined ? undefined : `${kind} ${said}`;
}

const sayings: Readonly<Record<string, (name: string) => Promise<string | undefined>>> = {
  loop: async (name) => (await textOf(`/sys/block/${name}/loop/backing_file`))?.replace(/ \(deleted\)$/, ""),
  rbd: async (name) => {
    const attributes = ["cluster_fsid", "pool_id", "pool_ns", "image_id", "current_snap"];
    const texts = await Promise.all(attributes.map((attribute) => textOf(`/sys/bus/rbd/devices/${name.slice("rbd".length)}/${attribute}`)));
    return texts.every((text) => text === undefined) ? undefined : texts.join("/");
  },
  // The arguments of the process that serves it: where the volume is, and nothing that is another each time.
  nbd: async (name) => {
    const pid = await textOf(`/sys/block/${name}/pid`);
    return pid === undefined ? undefined : textOf(`/proc/${pid}/cmdline`);
  },
};

/** What a target calls its unit. */
async function identifier(name: string): Promise<string | undefined> {
  for (const attribute of ["wwid", "device/wwid", "dm/uuid"]) {
    const text = await textOf(`/sys/block/${name}/${attribute}`);
    if (text !== undefined) return text;
  }
  return undefined;
}

async function textOf(path: string): Promise<string | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.trimEnd() === "" ? undefined : text.trimEnd();
}
