import type { StorageBackend } from "../driver/storage-backend.js";
import type { VolumeDriver } from "../driver/volume-driver.js";
import { isSouthboundError } from "../errors/southbound-error.js";
import type { FormatJournal } from "../host/host.js";
import type { Connection } from "../model/connection.js";
import type { VolumeId } from "../model/ids.js";
import { formatRecordSchema, listMountsSchema, mountRecordSchema, mountVolumeSchema } from "../schema/mount.js";
import { readConnections, within } from "./attach-calls.js";
import { checkRequest, checkResult } from "./check.js";
import type { DriverParts } from "./driver-parts.js";
import { withStop } from "./lifecycle.js";
import { runCall } from "./run-call.js";

/** Mount and unmount: the host half, with formatting recorded in the backend. */
export function mountCalls(parts: DriverParts): Pick<VolumeDriver, "mountVolume" | "unmountVolume" | "listMounts"> {
  const { backendName, host, lifecycle, inFlight, environment, spec } = parts;

  const journalOf = (backend: StorageBackend, volumeId: VolumeId): FormatJournal => ({
    read: (options) =>
      runCall(spec("readFormat", volumeId), environment, options, (ctx) => backend.readFormat({ volumeId }, ctx)),
    write: (next, options) =>
      runCall(spec("writeFormat", volumeId), environment, options, async (ctx) => {
        const written = await backend.writeFormat({ volumeId, next }, ctx);
        return checkResult(formatRecordSchema, written, spec("writeFormat", volumeId), "format record");
      }),
  });

  return {
    mountVolume: async (request, options) => {
      const opened = lifecycle.opened(spec("mountVolume"));
      const checked = checkRequest(mountVolumeSchema, request, spec("mountVolume"));
      const { volumeId } = checked.attachment.attachment;
      const subject = { subject: `volume:${volumeId}`, scope: host.hostId, request: checked };
      return lifecycle.track(
        inFlight.run(spec("mountVolume", checked.directory), subject, withStop(options, opened.stop), (ctx) =>
          host.exclusively(volumeId, within(ctx), () =>
            host.mount(checked, journalOf(opened.backend, volumeId), within(ctx)),
          ),
        ),
      );
    },

    unmountVolume: async (record, options) => {
      const opened = lifecycle.opened(spec("unmountVolume"));
      const checked = checkRequest(mountRecordSchema, record, spec("unmountVolume"), "record");
      const subject = { subject: `volume:${checked.volumeId}`, scope: host.hostId, request: checked };
      return lifecycle.track(
        inFlight.run(spec("unmountVolume", checked.directory), subject, withStop(options, opened.stop), (ctx) =>
          host.exclusively(checked.volumeId, within(ctx), () => host.unmount(checked, within(ctx))),
        ),
      );
    },

    listMounts: async (request, options) => {
      const opened = lifecycle.opened(spec("listMounts"));
      const { volumeId, directory, devicePath } = checkRequest(listMountsSchema, request ?? {}, spec("listMounts"));
      return lifecycle.track(
        runCall(spec("listMounts", volumeId ?? directory ?? devicePath), environment, withStop(options, opened.stop), async (ctx) => {
          const wanted = { volumeId, hostId: host.hostId };
          const connections = await readConnections(parts, opened.backend, wanted, within(ctx)).catch(noneWhenGone);
          const records = await Promise.all(connections.map((one) => host.describe(one, backendName, within(ctx))));
          const mounts = await host.listMounts(records, within(ctx));
          return mounts.filter(
            (mount) =>
              (directory === undefined || mount.directory === directory) &&
              (devicePath === undefined || mount.device.path === devicePath),
          );
        }),
      );
    },
  };
}

/** A volume that is not there has no mounts. */
function noneWhenGone(error: unknown): readonly Connection[] {
  if (isSouthboundError(error) && error.code === "NOT_FOUND") return [];
  throw error;
}
