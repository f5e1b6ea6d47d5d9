import { MiB, settle, type FileSystemType } from "@opensds/core";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { possibleSize } from "../run/sizes.js";
import { deviceOf } from "./support/device-bytes.js";
import { runProgram, withPrograms } from "./support/programs.js";

/** At how many places of its writes mkfs can be killed; a run that is not thorough takes a few of them. */
const kills = 20;
const sampledKills = 5;

const checkers: Readonly<Record<FileSystemType, readonly [string, ...(readonly string[])]>> = { ext4: ["e2fsck", "-f", "-n"], xfs: ["xfs_repair", "-n"] };

/** A mkfs that dies on its way, wherever that is. */
export const killedFormatChecks: readonly Check[] = (["ext4", "xfs"] as const).map((fsType, index) => ({
  id: `MOUNT-${16 + index}`,
  family: "mount",
  level: "full",
  title: `After a mkfs.${fsType} was killed with any part of its writes done, the same mount makes the file system whole`,
  rules: ["SB-MOUNT-5"],
  needs: ["device"],
  run: (ctx) => killAtWrites(ctx, fsType),
}));

/**
 * Time and again a new volume whose mkfs has written the first or the last part of what it would write when it is killed: the parts are
 * twentieths of the written blocks. The real mkfs works on a file beside, from which they are copied.
 */
async function killAtWrites(ctx: CheckContext, fsType: FileSystemType): Promise<void> {
  const mkfs = `mkfs.${fsType}`;
  await runProgram(ctx, "sh", "-c", `command -v ${mkfs}`).catch(() => ctx.skip(`this machine has no ${mkfs}`, "environment"));
  const { driver } = ctx;
  const sizeBytes = possibleSize(ctx.manifest.limits, fsType === "xfs" ? 320 * MiB : 64 * MiB);
  const scratch = join(await ctx.temporaryDirectory(), "scratch");
  const directory = await ctx.temporaryDirectory();
  const places = Array.from({ length: kills }, (_place, index) => index);
  while (!ctx.thorough && places.length > sampledKills) places.splice(ctx.random.integer(places.length), 1);
  for (const kill of places) {
    const volumeId = (await ctx.create(`killed-${kill}`, sizeBytes)).id;
    const attachment = await driver.attachVolume({ volumeId });
    const request = { attachment, directory, fsType };
    const when = `after ${mkfs} was killed with ${describe(kill)} of its writes done`;
    const failed = await withPrograms(ctx, { [mkfs]: partialMkfs(scratch, kill) }, () => settle("mountVolume", driver.mountVolume(request)));
    if (failed.ok) return ctx.fail(`mountVolume fails when its ${mkfs} is killed`, failed.value);
    const replayed = await settle("mountVolume", driver.mountVolume(request));
    if (!replayed.ok) return ctx.fail(`the same mountVolume succeeds ${when}`, replayed.error);
    await writeFile(join(directory, "file"), "works");
    await driver.unmountVolume(replayed.value);
    const [checker, ...options] = checkers[fsType];
    await runProgram(ctx, checker, ...options, deviceOf(attachment).path).catch((error: unknown) => ctx.fail(`${checker} finds nothing wrong ${when}`, error));
    await driver.detachVolume(attachment);
    await driver.deleteVolume({ id: volumeId });
  }
  ctx.note(`${mkfs} killed after ${places.map(describe).join(", ")} of its writes`);
}

/** Even ones from the beginning, odd ones the rest from there: what is written first is the program's own business. */
const describe = (kill: number): string => `${kill % 2 === 0 ? "the first" : "all but the first"} ${kill}/${kills}`;

/** Copies a part of the blocks that are not zeros: arguments are the scratch file, the device, and which part. */
const copyPart = [
  'const fs = require("node:fs");',
  "const [from, to, kill, kills] = process.argv.slice(1);",
  'const source = fs.openSync(from, "r"); const target = fs.openSync(to, "r+");',
  "const size = 65536; const zeros = Buffer.alloc(size); const written = [];",
  "for (let block = 0, bytes = Buffer.alloc(size); fs.readSync(source, bytes, 0, size, block * size) > 0; block += 1) {",
  "  if (!bytes.equals(zeros)) written.push([block * size, Buffer.from(bytes)]);",
  "}",
  "const cut = Math.floor((written.length * kill) / kills);",
  "for (const [offset, bytes] of kill % 2 === 0 ? written.slice(0, cut) : written.slice(cut)) fs.writeSync(target, bytes, 0, size, offset);",
  "fs.fsyncSync(target);",
].join(" ");

/** The real mkfs on a file beside; then a part of what it wrote goes to the device, and the process dies. */
function partialMkfs(scratch: string, kill: number): string {
  return [
    `export PATH="$REAL_PATH"`,
    'for device in "$@"; do :; done',
    "set -e",
    `rm -f '${scratch}'; truncate -s "$(blockdev --getsize64 "$device")" '${scratch}'`,
    // All arguments but the last, which is the device.
    'count=$#; index=0; for argument in "$@"; do index=$(( index + 1 )); shift; if [ $index -lt $count ]; then set -- "$@" "$argument"; fi; done',
    `"\${0##*/}" "$@" '${scratch}'`,
    `'${process.execPath}' -e '${copyPart}' '${scratch}' "$device" ${kill} ${kills}`,
    "kill -9 $$",
  ].join("\n");
}
