import type { CallContext } from "../driver/call-context.js";
import type { Volume } from "../model/volume.js";
import type { VolumeDriver } from "../driver/volume-driver.js";
import { pageRequest } from "../schema/page.js";
import { deleteVolumeSchema, getVolumeSchema, volumeSchema } from "../schema/volume.js";
import { checkRequest, checkResult } from "./check.js";
import { checkName, requireIdOrName } from "./check-name.js";
import { checkPage } from "./check-page.js";
import { checkCreateRequest } from "./check-create.js";
import type { DriverParts } from "./driver-parts.js";
import { withStop } from "./lifecycle.js";
import { createListing } from "./listing.js";
import { runCall } from "./run-call.js";

/** Volumes in a page when the caller does not say: the most that one may have, since every page costs its round trips. */
const defaultPageSize = 1_000;

/** Create, get, list and delete: the backend's methods behind the guard. */
export function volumeCalls(
  parts: DriverParts,
): Pick<VolumeDriver, "createVolume" | "getVolume" | "listVolumes" | "deleteVolume"> {
  const { lifecycle, inFlight, environment, spec } = parts;
  return {
    createVolume: async (request, options) => {
      const opened = lifecycle.opened(spec("createVolume"));
      const checked = checkCreateRequest(request, opened, spec("createVolume"));
      const call = spec("createVolume", checked.name);
      const subject = { subject: `name:${checked.name}`, scope: "*", request: checked };
      return lifecycle.track(
        inFlight.run(call, subject, withStop(options, opened.stop), async (ctx) => {
          const volume = checkResult(volumeSchema, await opened.backend.createVolume(checked, ctx), call, "volume");
          return requireReady(volume, ctx);
        }),
      );
    },

    getVolume: async (request, options) => {
      const opened = lifecycle.opened(spec("getVolume"));
      const checked = requireIdOrName(checkRequest(getVolumeSchema, request, spec("getVolume")), spec("getVolume"));
      checkName(checked, opened.manifest.limits.nameBytes, spec("getVolume"));
      const call = spec("getVolume", "id" in checked ? checked.id : checked.name);
      return lifecycle.track(
        runCall(call, environment, withStop(options, opened.stop), async (ctx) =>
          checkResult(volumeSchema, await opened.backend.getVolume(checked, ctx), call, "volume"),
        ),
      );
    },

    listVolumes: (request, options) => {
      const call = spec("listVolumes");
      const fetchPage: Parameters<typeof createListing<Volume>>[0] = async (token, pageOptions) => {
        const opened = lifecycle.opened(call);
        const { pageSize = defaultPageSize } = checkRequest(pageRequest, request ?? {}, call);
        return lifecycle.track(
          runCall(call, environment, withStop(pageOptions, opened.stop), async (ctx) =>
            checkPage(await opened.backend.listVolumePage({ pageSize, token }, ctx), volumeSchema, pageSize, call, "volume"),
          ),
        );
      };
      return createListing(fetchPage, request?.startToken, options ?? {});
    },

    deleteVolume: async (request, options) => {
      const opened = lifecycle.opened(spec("deleteVolume"));
      const checked = checkRequest(deleteVolumeSchema, request, spec("deleteVolume"));
      const subject = { subject: `volume:${checked.id}`, scope: "*", request: "" };
      return lifecycle.track(
        inFlight.run(spec("deleteVolume", checked.id), subject, withStop(options, opened.stop), (ctx) =>
          opened.backend.deleteVolume(checked, ctx),
        ),
      );
    },
  };
}

/** SB-CREATE-6: what create returns can be used. A volume in error is never success, and neither is one that is not there yet. */
function requireReady(volume: Volume, ctx: CallContext<"createVolume">): Volume {
  if (volume.state === "available" || volume.state === "in-use") return volume;
  const [reason, what] = volume.state === "error" ? ["volume-in-error", "is in error"] : ["driver-broke-contract", `is ${volume.state}`];
  const why = volume.stateReason === undefined ? "" : `: ${volume.stateReason}`;
  throw ctx.fail("INTERNAL", reason, `the volume was made and ${what}${why}; delete it and create it again`, {
    outcome: "applied",
    details: { volumeId: volume.id, state: volume.state },
  });
}
