import { setTimeout as sleep } from "node:timers/promises";
import type { CallContext } from "../driver/call-context.js";
import { claim, readBlockDevice, type Claim } from "./block-device.js";
import { deviceHeld } from "./held.js";
import type { HostLock } from "./host-lock.js";
import { logOut } from "./iscsi-login.js";
import { loginOf, readScsiPaths, unitOf, type ScsiPath } from "./iscsi-sessions.js";
import { flushDevice } from "./loop-devices.js";
import { multipathOver, removeMultipath } from "./multipath.js";
import { writeKernelFile } from "./sysfs-write.js";
import type { TargetNote, TargetNotes } from "./target-notes.js";

/** Removes a unit's device and all its paths from this host, if nobody holds it. */
export async function removeScsiDevice(path: string, disks: readonly ScsiPath[], lock: HostLock, ctx: CallContext): Promise<void> {
  const claimed = await claimOrRefuse(path, ctx);
  try {
    await flushDevice(path, ctx);
    const map = disks[0] && (await multipathOver(disks[0].name));
    if (map === undefined) {
      await deleteDisks(disks, lock, ctx);
      return;
    }
    // Its own claim would keep it; the daemon gives its paths back when it is gone.
    await claimed.release();
    await removeMultipath(map, lock, ctx);
  } finally {
    await claimed.release().catch(() => undefined);
  }
  const claims: Claim[] = [];
  try {
    for (const { name } of disks) claims.push(await claimOrRefuse(`/dev/${name}`, ctx));
    await deleteDisks(disks, lock, ctx);
  } finally {
    for (const one of claims) await one.release();
  }
}

/**
 * Ends what a note says was begun: disks of its units, then the logins that were made for it, but for those through which other
 * volumes are reached. Under the targets' locks.
 */
export async function releaseIscsi(note: TargetNote, notes: TargetNotes, lock: HostLock, ctx: CallContext): Promise<void> {
  const ofUnit = ({ session, lun }: ScsiPath): boolean => note.units.includes(unitOf({ iqn: session.iqn, lun }));
  const disks = (await readScsiPaths()).filter(ofUnit);
  const [first] = disks;
  if (first !== undefined) {
    const map = await multipathOver(first.name);
    await removeScsiDevice(`/dev/${map?.name ?? first.name}`, disks, lock, ctx);
  }
  const others = (await notes.list()).filter(({ volumeId }) => volumeId !== note.volumeId);
  const left = await readScsiPaths();
  for (const login of note.logins) {
    const [iqn = "", portal = ""] = login.split(" ");
    const wanted = others.some((other) => other.units.some((unit) => unit.startsWith(`${iqn} `)));
    const inUse = left.some(({ session }) => loginOf(session) === login);
    if (!wanted && !inUse) {
      await logOut({ iqn, portal }, lock, ctx);
      continue;
    }
    // The next to go ends it.
    const heir = others.find((other) => other.units.some((unit) => unit.startsWith(`${iqn} `)));
    if (heir !== undefined) await notes.write({ ...heir, logins: [...new Set([...heir.logins, login])] });
  }
  await notes.remove(note.volumeId);
}

async function claimOrRefuse(path: string, ctx: CallContext): Promise<Claim> {
  const claimed = await claim(path);
  if (claimed === undefined) throw await deviceHeld(ctx, path, { doing: "cannot detach" });
  return claimed;
}

/** The claim on them is kept meanwhile: nobody mounts what is about to go. */
async function deleteDisks(disks: readonly ScsiPath[], lock: HostLock, ctx: CallContext): Promise<void> {
  await ctx.step("scsi-delete");
  for (const { name } of disks) {
    const refused = await writeKernelFile(`/sys/block/${name}/device/delete`, "1", lock, ctx);
    if (refused !== undefined && (await readBlockDevice(name)) !== undefined) {
      throw ctx.fail("UNAVAILABLE", "detach-failed", `the kernel does not let /dev/${name} go: ${refused}`);
    }
    while ((await readScsiPaths()).some((path) => path.name === name)) await sleep(20, undefined, { signal: ctx.signal });
  }
}
