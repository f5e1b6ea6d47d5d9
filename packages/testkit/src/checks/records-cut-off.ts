import { isSouthboundError, settle } from "@opensds/core";
import type { Faults } from "../faults/index.js";
import type { Check } from "../check.js";
import { deviceOf } from "./support/device-bytes.js";
import { devicesOver, whatIsBehind } from "./support/devices.js";

const down = [{ when: "before-applied", code: "UNAVAILABLE", always: true }] as const;
/** Whatever a detach may ask, the backend does not answer. */
const unreachable: Faults = { getVolume: down, listVolumes: down, listAttachments: down, disconnectVolume: down };

/** The host's half of a detach, while the backend is away. */
export const cutOffCheck: Check = {
  id: "RECORDS-5",
  family: "records",
  level: "full",
  title: "While the backend cannot be reached a detach lets the device go and says so, and the same call later finishes",
  rules: ["SB-DETACH-4"],
  needs: ["device"],
  run: async (ctx) => {
    const { driver } = ctx;
    const cutOff = await ctx.open({ faults: unreachable });
    const volumeId = (await ctx.create("cut-off", ctx.sizes.data)).id;
    const probe = await settle("getVolume", cutOff.getVolume({ id: volumeId }));
    if (probe.ok || !isSouthboundError(probe.error) || probe.error.reason !== "injected-fault") {
      ctx.skip("this target opens drivers of its own, whose backend cannot be made to fail", "environment");
    }
    const record = await driver.attachVolume({ volumeId });
    const source = await whatIsBehind(deviceOf(record));

    const expected = { code: "UNAVAILABLE", reason: "attachment-still-recorded", outcome: "unknown" } as const;
    const { details } = await ctx.expectError(cutOff.detachVolume(record), expected, "detachVolume while the backend cannot be reached");
    ctx.equal(details["deviceGone"], true, "details.deviceGone of that error");
    ctx.equal(await devicesOver(source), [], "the devices that lead to the volume after that detach");
    const recorded = await driver.listAttachments({ volumeId, hostId: "all" });
    ctx.equal(recorded.map(({ attachment }) => attachment.id), [record.attachment.id], "what the backend still records");
    await driver.detachVolume(record);
    ctx.equal(await driver.listAttachments({ volumeId, hostId: "all" }), [], "the attachments after the same call by a driver that reaches it");
  },
};
