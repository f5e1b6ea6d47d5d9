import { readFileSync } from "node:fs";
import { LabError } from "./errors.js";

export interface Mount {
  /** Of the device that the file system is on: major:minor. */
  readonly device: string;
  readonly target: string;
  readonly type: string;
  readonly source: string;
}

/** In the order in which they were mounted: unmount from the end. */
export function parseMountinfo(text: string): Mount[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      // "36 35 98:0 /root /target options ... - type source superoptions": how many fields stand before the dash varies.
      const fields = line.split(" ");
      const dash = fields.indexOf("-", 6);
      return {
        device: fields[2] ?? "",
        target: unescape(fields[4] ?? ""),
        type: fields[dash + 1] ?? "",
        source: unescape(fields[dash + 2] ?? ""),
      };
    });
}

/** Blanks, tabs, newlines and backslashes are written in octal. */
function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/gu, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

export function currentMounts(): Mount[] {
  return parseMountinfo(readFileSync("/proc/self/mountinfo", "utf8"));
}

export function isUnder(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

/** Removing a directory that something is mounted in would empty that file system. */
export function refuseMountsUnder(directory: string): void {
  const mounts = currentMounts().filter((mount) => isUnder(mount.target, directory));
  if (mounts.length === 0) return;
  const list = mounts.map((mount) => mount.target).join(", ");
  throw new LabError(`Nothing under ${directory} was removed, for these are still mounted: ${list}`);
}
