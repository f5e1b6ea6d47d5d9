import type { CallContext } from "../driver/call-context.js";
import type { Page } from "../model/listing.js";
import type { Volume } from "../model/volume.js";
import type { VolumeDriver } from "../driver/volume-driver.js";
import { SouthboundError } from "../errors/southbound-error.js";
import { deleteVolumeSchema, getVolumeSchema, listVolumesSchema, volumeSchema } from "../schema/volume.js";
import type { CallSpec } from "./call-limits.js";
import { checkRequest, checkResult } from "./check.js";
import { checkCreateRequest } from "./check-create.js";
import type { DriverParts } from "./driver-parts.js";
import { withStop } from "./lifecycle.js";
import { createListing } from "./listing.js";
import { nameProblem } from "./names.js";
import { runCall } from "./run-call.js";
import type { GetVolumeRequest } from "../model/volume.js";

/** Volumes in a page when the caller does not say. */
const defaultPageSize = 100;

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
      const checked = checkGetRequest(request, spec("getVolume"));
      const call = spec("getVolume", checked.id ?? checked.name);
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
        const { pageSize = defaultPageSize } = checkRequest(listVolumesSchema, request ?? {}, call);
        return lifecycle.track(
          runCall(call, environment, withStop(pageOptions, opened.stop), async (ctx) =>
            checkPage(await opened.backend.listVolumePage({ pageSize, token }, ctx), pageSize, call),
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

function checkGetRequest(value: unknown, spec: CallSpec): GetVolumeRequest {
  const { id, name } = checkRequest(getVolumeSchema, value, spec);
  if (id !== undefined && name === undefined) return { id };
  if (name !== undefined && id === undefined) {
    const problem = nameProblem(name);
    if (problem === undefined) return { name };
    throw new SouthboundError("INVALID_ARGUMENT", "bad-name", `getVolume: ${problem}`, { ...spec, outcome: "none" });
  }
  const message = "getVolume: give either id or name, one of the two";
  throw new SouthboundError("INVALID_ARGUMENT", "bad-request", message, { ...spec, outcome: "none" });
}

function checkPage(page: Page<Volume>, pageSize: number, spec: CallSpec): Page<Volume> {
  if (page.items.length > pageSize) {
    const message = `listVolumes returned ${page.items.length} volumes on a page of ${pageSize}`;
    throw new SouthboundError("INTERNAL", "driver-broke-contract", message, { ...spec, outcome: "none" });
  }
  const items = page.items.map((item) => checkResult(volumeSchema, item, spec, "volume"));
  return page.nextToken === undefined ? { items } : { items, nextToken: page.nextToken };
}
