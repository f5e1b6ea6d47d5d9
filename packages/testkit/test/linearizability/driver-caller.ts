import { attachmentId, hostId, isSouthboundError, volumeId, type CallOptions, type Volume, type VolumeDriver } from "@opensds/core";
import type { Answer, Invocation, SeenVolume } from "./history.js";
import type { Caller } from "./run-sequence.js";

/** Calls a driver. Any failure that is no `SouthboundError` is the test's. */
export function driverCaller(driver: VolumeDriver, options: CallOptions = {}): Caller {
  return async (invocation) => {
    try {
      return await carryOut(driver, invocation, options);
    } catch (error) {
      if (!isSouthboundError(error)) throw error;
      const { code, reason, outcome, message } = error;
      return { how: "failed", code, reason, outcome, message };
    }
  };
}

async function carryOut(driver: VolumeDriver, invocation: Invocation, options: CallOptions): Promise<Answer> {
  switch (invocation.call) {
    case "create": {
      const { name, requiredBytes, limitBytes } = invocation;
      const capacity = limitBytes === null ? { requiredBytes } : { requiredBytes, limitBytes };
      return { how: "volume", volume: seen(await driver.createVolume({ name, capacity }, options)) };
    }
    case "get": {
      const { name, id } = invocation;
      return { how: "volume", volume: seen(await driver.getVolume(id === undefined ? { name } : { id: volumeId(id) }, options)) };
    }
    case "list": {
      const volumes: SeenVolume[] = [];
      for await (const volume of driver.listVolumes({ pageSize: invocation.pageSize }, options)) volumes.push(seen(volume));
      return { how: "volumes", volumes };
    }
    case "delete":
      await driver.deleteVolume({ id: volumeId(invocation.id) }, options);
      return { how: "done" };
    case "connect": {
      const connector = { hostId: hostId(invocation.host), hostName: invocation.host, bootId: "boot" };
      const { attachment } = await driver.connectVolume({ volumeId: volumeId(invocation.id), mode: invocation.mode, connector }, options);
      return { how: "attachment", attachment: { id: attachment.id, host: attachment.hostId, mode: attachment.mode } };
    }
    case "disconnect":
      await driver.disconnectVolume({ volumeId: volumeId(invocation.id), attachmentId: attachmentId(invocation.attachmentId) }, options);
      return { how: "done" };
    case "attachments": {
      const records = await driver.listAttachments({ volumeId: volumeId(invocation.id), hostId: "all" }, options);
      return { how: "attachments", attachments: records.map(({ attachment: { id, hostId: host, mode } }) => ({ id, host, mode })) };
    }
  }
}

const seen = ({ id, name, sizeBytes, state }: Volume): SeenVolume => ({ id, name, sizeBytes, state });
