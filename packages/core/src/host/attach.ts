import type { CallContext } from "../driver/call-context.js";
import { isReadOnlyMode, type AttachmentRecord, type Device } from "../model/attachment.js";
import type { Connection, ConnectionInfo } from "../model/connection.js";
import { requireRoot } from "./command.js";
import type { Connector, ConnectorSite, Disconnector, FoundDevice } from "./connectors/connector.js";
import { fuseLoopConnector } from "./connectors/fuse-loop.js";
import { iscsiConnector } from "./connectors/iscsi.js";
import { krbdConnector } from "./connectors/krbd.js";
import { loopConnector } from "./connectors/loop.js";
import { nfsConnector } from "./connectors/nfs.js";
import { nvmeTcpConnector } from "./connectors/nvme-tcp.js";
import { rbdNbdConnector } from "./connectors/rbd-nbd.js";
import { deviceHeld } from "./held.js";
import { withHostLock, type HostLock } from "./host-lock.js";
import { knownImage } from "./known-image.js";
import type { Machine } from "./machine.js";
import { checkRbdConnection } from "./rbd-credentials.js";
import { checkIscsiConnection, checkNfsConnection, checkNvmeConnection } from "./target-connections.js";
import { tryMethods } from "./try-methods.js";

/** Attaching and detaching on this machine, by whatever connector fits. */
export interface Attacher {
  attach(connection: Connection, backend: string, ctx: CallContext): Promise<AttachmentRecord>;
  describe(connection: Connection, backend: string, ctx: CallContext): Promise<AttachmentRecord>;
  detach(record: AttachmentRecord, ctx: CallContext): Promise<void>;
  /** Lets a device that is present follow its volume to a larger size. */
  grow(device: Device, lock: HostLock, ctx: CallContext): Promise<void>;
  /** Whether the device of a record is still there and still the volume's. */
  isPresent(device: Device, ctx: CallContext): Promise<boolean>;
}

/** One connection with the connectors that may serve it. */
type Serve<Result> = <Info extends ConnectionInfo>(info: Info, connectors: readonly Connector<Info>[]) => Promise<Result>;

export function createAttacher(machine: Machine, runtimeDir: string): Attacher {
  const site: ConnectorSite = { runtimeDir, bootId: machine.bootId };
  const file = [loopConnector(site)];
  const rbd = [krbdConnector(site), rbdNbdConnector(site), fuseLoopConnector(site)];
  const iscsi = [iscsiConnector(site)];
  const nvmeTcp = [nvmeTcpConnector({ ...site, hostId: machine.hostId })];
  const nfs = [nfsConnector(site)];
  const disconnectors: readonly Disconnector[] = [...file, ...rbd, ...iscsi, ...nvmeTcp, ...nfs];

  const serve = async <Result>(info: ConnectionInfo, ctx: CallContext, use: Serve<Result>): Promise<Result> => {
    switch (info.protocol) {
      case "file":
        return use(info, file);
      case "rbd":
        checkRbdConnection(info, ctx);
        return use(await knownImage(info, ctx), rbd);
      case "iscsi":
        checkIscsiConnection(info, ctx);
        return use(info, iscsi);
      case "nvme-tcp":
        checkNvmeConnection(info, ctx);
        return use(info, nvmeTcp);
      case "nfs":
        checkNfsConnection(info, ctx);
        return use(info, nfs);
    }
  };

  const isPresent = async (device: Device, ctx: CallContext): Promise<boolean> => {
    if (device.bootId !== machine.bootId) return false;
    const connector = disconnectors.find(({ method }) => method === device.method);
    return connector !== undefined && (await connector.isPresent(device, ctx));
  };

  return {
    isPresent,
    attach: (connection, backend, ctx) => {
      requireRoot(ctx);
      const { attachment, info } = connection;
      const readOnly = info.readOnly || isReadOnlyMode(attachment.mode);
      return serve(info, ctx, (own, connectors) =>
        withHostLock(ctx, runtimeDir, attachment.volumeId, async (lock) => {
          const found = await findDevice(own, connectors, ctx);
          if (found?.ending === true) throw await deviceHeld(ctx, found.device.path, { doing: "cannot attach while an earlier detach waits" });
          if (found !== undefined && found.device.readOnly !== readOnly) throw otherMode(ctx, found.device);
          const plan = { info: own, volumeId: attachment.volumeId, readOnly, existing: found?.device };
          const made = found === undefined ? await tryMethods(connectors, plan, lock, ctx) : await found.connector.attach(plan, lock, ctx);
          if (!("unsuitable" in made)) return record(connection, backend, made);
          throw ctx.fail("INTERNAL", "attach-failed", `${found?.device.path ?? "a device"} is there and cannot be used: ${made.unsuitable}`);
        }),
      );
    },
    grow: async (device, lock, ctx) => {
      await disconnectors.find(({ method }) => method === device.method)?.grow(device, lock, ctx);
    },
    describe: async (connection, backend, ctx) => {
      if (connection.attachment.hostId !== machine.hostId) return record(connection, backend, null);
      const found = await serve(connection.info, ctx, (own, connectors) => findDevice(own, connectors, ctx));
      return record(connection, backend, found?.device ?? null);
    },
    detach: async ({ attachment, device }, ctx) => {
      if (attachment.hostId !== machine.hostId && device === null) return;
      requireRoot(ctx);
      await withHostLock(ctx, runtimeDir, attachment.volumeId, async (lock: HostLock) => {
        const connector = disconnectors.find(({ method }) => method === device?.method);
        if (device !== null && connector !== undefined && (await isPresent(device, ctx))) await connector.detach(device, lock, ctx);
        // A detach that was killed after the device went, or an attach before it came, left something else.
        for (const other of disconnectors) await other.sweep?.(attachment.volumeId, lock, ctx);
      });
    },
  };
}

/** The names that targets know the host by are told to backends, and are no part of a record. */
function record({ attachment }: Connection, backend: string, device: Device | null): AttachmentRecord {
  const { hostId, hostName, bootId } = attachment.connector;
  return { type: "attachment", version: 1, backend, attachment: { ...attachment, connector: { hostId, hostName, bootId } }, device };
}

async function findDevice<Info extends ConnectionInfo>(
  info: Info,
  connectors: readonly Connector<Info>[],
  ctx: CallContext,
): Promise<(FoundDevice & { readonly connector: Connector<Info> }) | undefined> {
  for (const connector of connectors) {
    const found = await connector.find(info, ctx);
    if (found !== undefined) return { ...found, connector };
  }
  return undefined;
}

const otherMode = (ctx: CallContext, device: Device): Error =>
  ctx.fail(
    "FAILED_PRECONDITION",
    "attached-in-other-mode",
    `the volume is attached here as ${device.path}, ${device.readOnly ? "read-only" : "for writing"}; detach it before attaching it in another mode`,
    { outcome: "none", details: { device: device.path, readOnly: device.readOnly } },
  );
