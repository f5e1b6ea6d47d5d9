import { access } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { CallContext } from "../../driver/call-context.js";
import type { Device } from "../../model/attachment.js";
import type { NvmeTcpConnectionInfo } from "../../model/connection.js";
import { claim, deviceBytes, readBlockDevice } from "../block-device.js";
import { run } from "../command.js";
import { deviceHeld } from "../held.js";
import type { HostLock } from "../host-lock.js";
import { hasKernelModule } from "../kernel-module.js";
import { flushDevice } from "../loop-devices.js";
import { connectNvme, disconnectNvme, isConnected, readNvmeHost } from "../nvme-connect.js";
import { growNvmeDisk } from "../nvme-grow.js";
import { isNamed, nvmePortalOf, nvmeSourceOf, nvmeUnitOf, readControllers, readNvmeDisks, type NvmeDisk } from "../nvme-subsystems.js";
import { setReadOnly } from "../set-read-only.js";
import { writeKernelFile } from "../sysfs-write.js";
import { underTargets } from "../target-lock.js";
import { targetNotes, type TargetNote } from "../target-notes.js";
import type { Connector, ConnectorSite, Disconnector } from "./connector.js";

const method = "nvme-tcp";
/** How long the kernel may take to show a namespace of a subsystem that it is connected to. */
const shownWithinMs = 15_000;

/**
 * NVMe namespaces over TCP, by the kernel's own host. A connection shows all namespaces of a subsystem, so where several volumes share one
 * a detached volume's disk goes with the last of them, or when the target takes it from this host.
 */
export function nvmeTcpConnector(site: ConnectorSite & { readonly hostId: string }): Connector<NvmeTcpConnectionInfo> & Disconnector {
  const notes = targetNotes(site.runtimeDir, method);
  const finished = async (fits: (note: TargetNote) => boolean): Promise<Device | undefined> => {
    const note = (await notes.list()).find((one) => one.source !== null && fits(one));
    const disk = (await readNvmeDisks(note?.source?.split(" ")[0] ?? "")).find((one) => nvmeSourceOf(one) === note?.source);
    return disk && (await deviceOf(disk, site.bootId));
  };
  const release = async (note: TargetNote, lock: HostLock, ctx: CallContext): Promise<void> => {
    const subsystem = subsystemOf(note);
    await underTargets([subsystem], site.runtimeDir, ctx, async () => {
      const [heir] = (await notes.list()).filter((one) => one.volumeId !== note.volumeId && subsystemOf(one) === subsystem);
      if (heir === undefined) for (const portal of note.logins) await disconnectNvme(subsystem, portal, lock, ctx);
      else await notes.write({ ...heir, logins: [...new Set([...heir.logins, ...note.logins])] });
      await notes.remove(note.volumeId);
    });
  };

  return {
    method,
    unavailable: async () => ((await hasKernelModule("nvme_tcp")) ? undefined : "the kernel has no nvme-tcp module"),
    find: async (info) => {
      const device = await finished((note) => note.units.includes(nvmeUnitOf(info)));
      return device && { device, ending: false };
    },
    attach: async ({ info, volumeId, readOnly, existing }, lock, ctx) => {
      if (existing !== undefined) return existing;
      if (!(await hasFabrics(lock, ctx))) return { unsuitable: "the kernel's nvme-tcp module cannot be loaded" };
      return underTargets([info.subsystem], site.runtimeDir, ctx, async () => {
        const before = (await notes.list()).find((note) => note.volumeId === volumeId);
        let note: TargetNote = { volumeId, units: [nvmeUnitOf(info)], logins: before?.logins ?? [], source: null };
        const noteLogin = async (portal: string): Promise<void> => {
          note = { ...note, logins: [...new Set([...note.logins, portal])] };
          await notes.write(note);
        };
        await notes.write(note);
        try {
          await connectAll(info, site.hostId, noteLogin, lock, ctx);
          const disk = await showNamespace(info, lock, ctx);
          const device = await deviceOf(disk, site.bootId);
          if (device === undefined) throw ctx.fail("UNAVAILABLE", "attach-failed", `/dev/${disk.name} vanished while it was attached; call again`);
          if (readOnly && !device.readOnly) await setReadOnly(device.path, lock, ctx);
          await notes.write({ ...note, source: device.source });
          return { ...device, readOnly: readOnly || device.readOnly };
        } catch (error) {
          ctx.signal.throwIfAborted();
          await release(note, lock, ctx);
          throw error;
        }
      });
    },
    isPresent: async (device) => {
      const there = await finished(({ source }) => source === device.source);
      return there?.path === device.path && there.number === device.number;
    },
    grow: (device, lock, ctx) => growNvmeDisk(device, lock, ctx),
    detach: async (device, lock, ctx) => {
      const note = (await notes.list()).find(({ source }) => source === device.source);
      if (note === undefined) return;
      const claimed = await claim(device.path);
      if (claimed === undefined) throw await deviceHeld(ctx, device.path, { doing: "cannot detach" });
      try {
        await flushDevice(device.path, ctx);
        // The claim is kept meanwhile: nobody mounts what is about to go.
        await release(note, lock, ctx);
      } finally {
        await claimed.release();
      }
    },
    sweep: async (volumeId, lock, ctx) => {
      const note = (await notes.list()).find((one) => one.volumeId === volumeId);
      if (note !== undefined) await release(note, lock, ctx);
    },
  };
}

/** Whether the kernel takes connections, having loaded its module where it had to. */
async function hasFabrics(lock: HostLock, ctx: CallContext): Promise<boolean> {
  const there = (): Promise<boolean> => access("/dev/nvme-fabrics").then(() => true, () => false);
  if (await there()) return true;
  await ctx.step("modprobe");
  await run(ctx, "modprobe", ["nvme-tcp"], { lockFd: lock.fd });
  return there();
}

const subsystemOf = ({ units }: TargetNote): string => units[0]?.split(" ")[0] ?? "";

async function deviceOf(disk: NvmeDisk, bootId: string): Promise<Device | undefined> {
  const block = await readBlockDevice(disk.name);
  return block && { path: `/dev/${disk.name}`, number: block.number, method, source: nvmeSourceOf(disk), bootId, readOnly: block.readOnly };
}

/** Connects through every portal: the kernel joins them to one disk. One that works is enough. */
async function connectAll(
  info: NvmeTcpConnectionInfo,
  hostId: string,
  noteLogin: (portal: string) => Promise<void>,
  lock: HostLock,
  ctx: CallContext,
): Promise<void> {
  const host = await readNvmeHost(hostId);
  const failures: string[] = [];
  for (const portal of info.portals) {
    const name = nvmePortalOf(portal);
    if (await isConnected(info.subsystem, name)) continue;
    await ctx.step("nvme-connect");
    await noteLogin(name);
    const refused = await connectNvme(info, portal, host, lock, ctx);
    if (refused === undefined) continue;
    failures.push(`${portal.address}, port ${portal.port}: ${refused}`);
  }
  for (const failure of failures) ctx.log.warn(`one path to ${info.subsystem} does not work: ${failure}`);
  if ((await readControllers()).some(({ subsystem }) => subsystem === info.subsystem)) return;
  const message = `cannot connect to ${info.subsystem}: ${failures.join("; ")}; check that the target can be reached, and that it allows host ${info.hostNqn ?? host.nqn}`;
  throw ctx.fail("UNAVAILABLE", "backend-unreachable", message);
}

/** Waits for the connection's namespace. */
async function showNamespace(info: NvmeTcpConnectionInfo, lock: HostLock, ctx: CallContext): Promise<NvmeDisk> {
  const until = performance.now() + shownWithinMs;
  for (let tries = 0; ; tries += 1) {
    const disks = (await readNvmeDisks(info.subsystem)).filter((disk) => isNamed(disk, info.namespace));
    const [disk, second] = disks;
    if (disk !== undefined && second !== undefined) {
      const message = `${info.subsystem} has several namespaces that the connection may mean (${disks.map(({ id }) => id).join(", ")}); it has to name one`;
      throw ctx.fail("INVALID_ARGUMENT", "bad-connection", message, { outcome: "none" });
    }
    if (disk !== undefined && (await deviceBytes(`/dev/${disk.name}`)) > 0) return disk;
    if (performance.now() > until) break;
    // A target need not tell of a new namespace.
    if (tries === 0) {
      for (const { name, subsystem } of await readControllers()) {
        if (subsystem === info.subsystem) await writeKernelFile(`/sys/class/nvme/${name}/rescan_controller`, "1", lock, ctx);
      }
    }
    await sleep(50, undefined, { signal: ctx.signal });
  }
  throw ctx.fail("UNAVAILABLE", "attach-failed", `${info.subsystem} does not show the volume's namespace to this host; check that the volume is exported to it`);
}
