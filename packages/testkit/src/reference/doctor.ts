import { randomUUID } from "node:crypto";
import { open, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { formatBytes, MiB, type BackendFacets, type Finding } from "@opensds/core";
import { errnoOf, removeTree, writeSparseFile } from "./file-system.js";
import type { Parts } from "./parts.js";

/** Of the whole disk: with less left, what is promised may not fit. */
const scarceShare = 0.05;

/** File systems, by the number that the kernel has for each, on which renames are not what file-layout.ts needs them to be. */
const remote: Readonly<Record<number, string>> = { 0x6969: "NFS", 0xff534d42: "SMB", 0xfe534d42: "SMB", 0x517b: "SMB", 0x01021997: "9p" };

/** Looks at everything that could go wrong with a directory. */
export function doctorFacet({ directory, explained }: Parts): BackendFacets["doctor"] {
  return {
    examine: () =>
      explained(async () => {
        if (directory === undefined) return [{ check: "memory", status: "ok", message: "volumes are kept in this process's memory" }];
        return [...(await rights(directory)), await freeSpace(directory), await fileSystem(directory)];
      }),
  };
}

/** Whether files can be made, and take no space until they are written to. */
async function rights(directory: string): Promise<Finding[]> {
  const probe = join(directory, "staging", `${process.pid}-${randomUUID()}`);
  try {
    await writeSparseFile(probe, 64 * MiB);
    const { blocks } = await stat(probe);
    const written = await open(probe, "r+");
    await written.write("x").finally(() => written.close());
    const writable: Finding = { check: "directory-rights", status: "ok", message: `files can be made and written in ${directory}` };
    if (blocks * 512 < MiB) return [writable, { check: "sparse-files", status: "ok", message: "files take no space until they are written to" }];
    const hint = "use a file system with sparse files, such as ext4, xfs or btrfs, or count on the full size of each volume";
    return [writable, { check: "sparse-files", status: "warning", message: "files take their whole size at once", hint }];
  } catch (error) {
    const hint = "give this user the right to read and write there, or configure another dir";
    return [{ check: "directory-rights", status: "error", message: `no file can be made in ${directory}: ${errnoOf(error) ?? String(error)}`, hint }];
  } finally {
    await removeTree(probe).catch(() => undefined);
  }
}

async function freeSpace(directory: string): Promise<Finding> {
  const { blocks, bavail, bsize } = await statfs(directory);
  const message = `${formatBytes(bavail * bsize)} of ${formatBytes(blocks * bsize)} are free for this user`;
  if (bavail > blocks * scarceShare) return { check: "free-space", status: "ok", message };
  return { check: "free-space", status: "warning", message, hint: "delete volumes or snapshots, or free space" };
}

async function fileSystem(directory: string): Promise<Finding> {
  const { type } = await statfs(directory);
  const name = remote[type];
  if (name === undefined) return { check: "file-system", status: "ok", message: `the file system's type is 0x${type.toString(16)}: none known to be remote` };
  const hint = "use a local file system: over a network a rename may be done and denied, and two processes both think that they won";
  return { check: "file-system", status: "error", message: `${directory} is on ${name}`, hint };
}
