import { readFile } from "node:fs/promises";

/** One line of a mount table. */
export interface MountEntry {
  /** The file system's device, `major:minor`. */
  readonly number: string;
  /** What of the file system is mounted; `/` unless it is a bind mount. */
  readonly root: string;
  readonly mountPoint: string;
  /** Options of this mount: `rw`, `noatime` ... */
  readonly options: readonly string[];
  readonly fsType: string;
  readonly source: string;
  /** Options of the file system, which all its mounts share. */
  readonly superOptions: readonly string[];
}

/** Reads `/proc/<pid>/mountinfo`; later entries lie over earlier ones. Default: this process's. */
export async function readMounts(pid: number | "self" = "self"): Promise<readonly MountEntry[]> {
  return parseMountinfo(await readFile(`/proc/${pid}/mountinfo`, "utf8"));
}

/** Parses the text of a mountinfo file (proc(5)); lines of no known form are left out. */
export function parseMountinfo(text: string): readonly MountEntry[] {
  const entries: MountEntry[] = [];
  for (const line of text.split("\n")) {
    const [left = "", right = ""] = line.split(" - ", 2);
    const [, , number, root, mountPoint, options] = left.split(" ");
    const [fsType, source, superOptions] = right.split(" ");
    if (number === undefined || root === undefined || mountPoint === undefined || fsType === undefined) continue;
    entries.push({
      number,
      root: unescape(root),
      mountPoint: unescape(mountPoint),
      options: options?.split(",") ?? [],
      fsType,
      source: unescape(source ?? ""),
      superOptions: superOptions?.split(",") ?? [],
    });
  }
  return entries;
}

/** Whether a mount is read-only, by itself or because its file system is. */
export const isReadOnlyMount = (entry: MountEntry): boolean =>
  entry.options.includes("ro") || entry.superOptions.includes("ro");

/** The kernel writes space, tab, newline and backslash as three octal digits. */
const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
