import { constants } from "node:fs";
import { open, readdir, readFile, readlink } from "node:fs/promises";
import { basename, join } from "node:path";

/** What the kernel's device tree says of a block device. */
export interface BlockDevice {
  /** `major:minor`. */
  readonly number: string;
  readonly readOnly: boolean;
  readonly sizeBytes: number;
}

/** Reads a block device's facts by its kernel name, such as `loop3`; undefined when there is none. */
export async function readBlockDevice(name: string, sysfs = "/sys"): Promise<BlockDevice | undefined> {
  const directory = join(sysfs, "block", name);
  const [number, ro, sectors] = await Promise.all([
    readAttribute(join(directory, "dev")),
    readAttribute(join(directory, "ro")),
    readAttribute(join(directory, "size")),
  ]);
  if (number === undefined) return undefined;
  return { number, readOnly: ro === "1", sizeBytes: Number(sectors ?? "0") * 512 };
}

/** The size of a block device by its path; 0 when there is none. */
export const deviceBytes = async (path: string): Promise<number> => (await readBlockDevice(path.slice("/dev/".length)))?.sizeBytes ?? 0;

/** Reads one sysfs attribute; undefined when it is not there. */
export async function readAttribute(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).replace(/\n$/, "");
  } catch {
    return undefined;
  }
}

/** Lists a directory; empty when it is not there. */
export const listDirectory = (path: string): Promise<readonly string[]> => readdir(path).catch(() => []);

/** Reads a symbolic link; undefined when it is none or may not be read. */
export const readLink = (path: string): Promise<string | undefined> => readlink(path).catch(() => undefined);

/** A device and its partitions, by kernel name and number. */
export async function withPartitions(devicePath: string): Promise<readonly { readonly name: string; readonly number: string }[]> {
  const name = basename(devicePath);
  const children = (await listDirectory(`/sys/block/${name}`)).filter((child) => child.startsWith(name));
  const all = [[name, `/sys/block/${name}/dev`] as const, ...children.map((child) => [child, `/sys/block/${name}/${child}/dev`] as const)];
  const found = await Promise.all(all.map(async ([each, path]) => ({ name: each, number: (await readAttribute(path)) ?? "" })));
  return found.filter(({ number }) => number !== "");
}

/** An exclusive claim on a block device: while it lasts nobody can mount, swap on, partition or format it. */
export interface Claim {
  release(): Promise<void>;
}

/**
 * Claims a device by opening it with O_EXCL, which the kernel refuses while anything holds it, in whatever mount
 * namespace: a mount, a partition's mount, swap, a stacked device, another exclusive opener. Undefined when it is held.
 */
export async function claim(devicePath: string): Promise<Claim | undefined> {
  try {
    const handle = await open(devicePath, constants.O_RDONLY | constants.O_EXCL | constants.O_NONBLOCK);
    return { release: () => handle.close() };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EBUSY") return undefined;
    throw error;
  }
}
