import { setTimeout as sleep } from "node:timers/promises";
import type { CallContext } from "../../driver/call-context.js";
import type { Device } from "../../model/attachment.js";
import type { IscsiConnectionInfo, IscsiPath } from "../../model/connection.js";
import { deviceBytes, readBlockDevice } from "../block-device.js";
import { hasTool, installHint } from "../command.js";
import { growFailed, wouldShrink } from "../grow-failed.js";
import type { HostLock } from "../host-lock.js";
import { logIn, sessionOf } from "../iscsi-login.js";
import { portalOf, readScsiPaths, sourceOf, loginOf, unitOf, type ScsiPath } from "../iscsi-sessions.js";
import { releaseIscsi, removeScsiDevice } from "../iscsi-release.js";
import { hasKernelModule } from "../kernel-module.js";
import { growMultipath, multipathDaemonRuns, multipathOver, waitForMultipath } from "../multipath.js";
import { setReadOnly } from "../set-read-only.js";
import { writeKernelFile } from "../sysfs-write.js";
import { targetNotes, type TargetNote } from "../target-notes.js";
import { underTargets } from "../target-lock.js";
import type { Connector, ConnectorSite, Disconnector, Unsuitable } from "./connector.js";

const method = "iscsi";
/** How long the kernel may take to show the disk of a unit that it was told of. */
const shownWithinMs = 15_000;

/** SCSI units over TCP, by the kernel's initiator and open-iscsi's daemon. */
export function iscsiConnector(site: ConnectorSite): Connector<IscsiConnectionInfo> & Disconnector {
  const notes = targetNotes(site.runtimeDir, method);
  /** The finished devices of this host whose notes fit. */
  const finished = async (fits: (note: TargetNote) => boolean): Promise<readonly { readonly note: TargetNote; readonly device: Device }[]> => {
    const fitting = (await notes.list()).filter((note) => note.source !== null && fits(note));
    const found = await Promise.all(fitting.map(async (note) => ({ note, device: await deviceOf(await pathsOf(note), site.bootId) })));
    return found.flatMap(({ note, device }) => (device === undefined ? [] : [{ note, device }]));
  };
  const recorded = async ({ source, path, number }: Device): Promise<TargetNote | undefined> =>
    (await finished((note) => note.source === source)).find(({ device }) => device.path === path && device.number === number)?.note;

  return {
    method,
    unavailable: async () => {
      if (!(await hasKernelModule("iscsi_tcp"))) return "the kernel has no iscsi_tcp module";
      return (await hasTool("iscsiadm")) ? undefined : `iscsiadm is missing (${installHint("iscsiadm")})`;
    },
    find: async (info) => {
      const units = info.paths.map(unitOf);
      const [found] = await finished((note) => note.units.some((unit) => units.includes(unit)));
      return found && { device: found.device, ending: false };
    },
    attach: async ({ info, volumeId, readOnly, existing }, lock, ctx) => {
      if (existing !== undefined) return existing;
      return underTargets(info.paths.map(({ iqn }) => iqn), site.runtimeDir, ctx, async () => {
        const before = (await notes.list()).find((note) => note.volumeId === volumeId);
        let note: TargetNote = { volumeId, units: info.paths.map(unitOf), logins: before?.logins ?? [], source: null };
        const noteLogin = async (path: IscsiPath): Promise<void> => {
          note = { ...note, logins: [...new Set([...note.logins, loginOf(path)])] };
          await notes.write(note);
        };
        await notes.write(note);
        try {
          const disks = await reachUnit(info, noteLogin, lock, ctx);
          if ("unsuitable" in disks) {
            await releaseIscsi(note, notes, lock, ctx);
            return disks;
          }
          const device = await ownDevice(disks, site.bootId, ctx);
          if (readOnly && !device.readOnly) await setReadOnly(device.path, lock, ctx);
          await notes.write({ ...note, source: device.source });
          return { ...device, readOnly: readOnly || device.readOnly };
        } catch (error) {
          // A call that was ended leaves it to its replay, or to detach.
          ctx.signal.throwIfAborted();
          await releaseIscsi(note, notes, lock, ctx);
          throw error;
        }
      });
    },
    isPresent: async (device) => (await recorded(device)) !== undefined,
    grow: async (device, lock, ctx) => {
      const note = await recorded(device);
      const paths = note === undefined ? [] : await pathsOf(note);
      const before = await deviceBytes(device.path);
      await ctx.step("scsi-rescan");
      for (const { name } of paths) {
        const refused = await writeKernelFile(`/sys/block/${name}/device/rescan`, "1", lock, ctx);
        if (refused !== undefined) throw growFailed(ctx, `the kernel cannot read the size of /dev/${name} anew: ${refused}`);
      }
      const map = paths[0] && (await multipathOver(paths[0].name));
      if (map !== undefined) await growMultipath(map, lock, ctx);
      const after = await deviceBytes(device.path);
      if (after < before) throw wouldShrink(ctx, device.path, before, after);
    },
    detach: async (device, lock, ctx) => {
      const note = await recorded(device);
      if (note === undefined) return;
      await removeScsiDevice(device.path, await pathsOf(note), lock, ctx);
      await underTargets(targetsOf(note), site.runtimeDir, ctx, () => releaseIscsi(note, notes, lock, ctx));
    },
    sweep: async (volumeId, lock, ctx) => {
      const note = (await notes.list()).find((one) => one.volumeId === volumeId);
      if (note === undefined) return;
      await underTargets(targetsOf(note), site.runtimeDir, ctx, () => releaseIscsi(note, notes, lock, ctx));
    },
  };
}

const targetsOf = ({ units }: TargetNote): readonly string[] => units.map((unit) => unit.split(" ")[0] ?? "");

/** The unit's disks: where it was reached, and what says that it is the one. A target may give two units one name, and a unit's place to another. */
const pathsOf = async ({ units, source }: TargetNote): Promise<readonly ScsiPath[]> =>
  (await readScsiPaths()).filter((path) => sourceOf(path) === source && units.includes(unitOf({ iqn: path.session.iqn, lun: path.lun })));

/** The device to use of several paths to one unit: the multipath device over them, else the first. */
async function deviceOf(paths: readonly ScsiPath[], bootId: string): Promise<Device | undefined> {
  const [first] = paths;
  if (first === undefined) return undefined;
  const maps = await Promise.all(paths.map(({ name }) => multipathOver(name)));
  const name = maps.find((map) => map !== undefined)?.name ?? first.name;
  const block = await readBlockDevice(name);
  return block && { path: `/dev/${name}`, number: block.number, method, source: sourceOf(first), bootId, readOnly: block.readOnly };
}

/** As {@link deviceOf}, once the multipath daemon has had its time to take the paths. */
async function ownDevice(disks: readonly ScsiPath[], bootId: string, ctx: CallContext): Promise<Device> {
  if (await multipathDaemonRuns()) await waitForMultipath(disks.map(({ name }) => name), ctx);
  const device = await deviceOf(disks, bootId);
  if (device !== undefined) return device;
  throw ctx.fail("UNAVAILABLE", "attach-failed", "the disk vanished while it was attached; call again");
}

/**
 * Logs in and finds the unit, by every path where the multipath daemon joins them, else by the first that works. Fails with what
 * the last path said, or the one that was refused.
 */
async function reachUnit(
  info: IscsiConnectionInfo,
  noteLogin: (path: IscsiPath) => Promise<void>,
  lock: HostLock,
  ctx: CallContext,
): Promise<readonly ScsiPath[] | Unsuitable> {
  const wantsAll = await multipathDaemonRuns();
  const found: ScsiPath[] = [];
  let failure: unknown;
  for (const path of info.paths) {
    try {
      if ((await sessionOf(path)) === undefined) {
        await ctx.step("iscsi-login");
        await noteLogin(path);
        if ((await logIn(path, info, lock, ctx)) === "no-daemon") return { unsuitable: "the iSCSI daemon does not run (systemctl start iscsid)" };
      }
      const disk = await showUnit(path, lock, ctx);
      const [first] = found;
      if (first !== undefined && sourceOf(first) !== sourceOf(disk)) throw differs(path, first, disk, ctx);
      found.push(disk);
      if (!wantsAll) return found;
    } catch (error) {
      ctx.signal.throwIfAborted();
      ctx.log.warn(`one path to the volume does not work: ${error instanceof Error ? error.message : String(error)}`);
      failure ??= error;
    }
  }
  if (found.length > 0) return found;
  throw failure;
}

/** Tells the kernel of one unit of a session, and waits for its disk. */
async function showUnit(path: IscsiPath, lock: HostLock, ctx: CallContext): Promise<ScsiPath> {
  const find = async (): Promise<ScsiPath | undefined> =>
    (await readScsiPaths()).find(({ session, lun }) => session.iqn === path.iqn && session.portal === portalOf(path.portal) && lun === path.lun);
  const session = await sessionOf(path);
  await ctx.step("scsi-scan");
  const there = await find();
  // A unit may have been taken from one volume and given to another behind a disk that was left there.
  const refused =
    there === undefined
      ? await writeKernelFile(`/sys/class/scsi_host/host${session?.hostNumber ?? ""}/scan`, `- - ${path.lun}`, lock, ctx)
      : await writeKernelFile(`/sys/block/${there.name}/device/rescan`, "1", lock, ctx);
  const until = performance.now() + shownWithinMs;
  for (;;) {
    const disk = await find();
    if (disk !== undefined && (await deviceBytes(`/dev/${disk.name}`)) > 0) return disk;
    if (performance.now() > until) break;
    await sleep(50, undefined, { signal: ctx.signal });
  }
  const why = refused ?? "no disk came";
  throw ctx.fail("UNAVAILABLE", "attach-failed", `${path.iqn} at ${path.portal} does not show its unit ${path.lun} to this host (${why}); check that the volume is exported to it`);
}

const differs = (path: IscsiPath, first: ScsiPath, disk: ScsiPath, ctx: CallContext): Error =>
  ctx.fail(
    "INTERNAL",
    "attach-failed",
    `unit ${path.lun} of ${path.iqn} at ${path.portal} is ${sourceOf(disk)}, and the path before led to ${sourceOf(first)}: these are two volumes`,
  );
