import { isSouthboundError, type VolumeDriver, type VolumeId } from "@opensds/core";

/**
 * Removes a volume and what hangs on it: mounts and devices on this host, attachments of every host. Only ever called
 * for volumes that a run of the suite made.
 */
export async function removeVolume(driver: VolumeDriver, id: VolumeId): Promise<void> {
  try {
    await driver.deleteVolume({ id });
  } catch (error) {
    // Whatever the driver calls it: that a refusal has the wrong code is for the checks of deleting to tell, not for every check.
    if (!isSouthboundError(error)) throw error;
    await releaseVolume(driver, id);
    await driver.deleteVolume({ id });
  }
}

async function releaseVolume(driver: VolumeDriver, volumeId: VolumeId): Promise<void> {
  for (const mount of await driver.listMounts({ volumeId })) await driver.unmountVolume(mount);
  for (const record of await driver.listAttachments({ volumeId, hostId: "all" })) {
    if (record.device === null) await driver.disconnectVolume({ volumeId, attachmentId: record.attachment.id });
    else await driver.detachVolume(record);
  }
}
