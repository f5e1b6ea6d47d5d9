import { groupId, type Snapshot, type Volume, type VolumeDriver } from "@opensds/core";
import type { Journalled } from "../../run/journal.js";
import { mentions } from "../../run/mentions.js";
import { removeVolume } from "../../run/remove-volume.js";
import type { Leftover } from "./remove-leftovers.js";

/**
 * What the backend has of a run, what depends on other things first. `ids` holds the ids of the run's volumes, and is added to: what is
 * left of a volume may no longer have its name.
 */
export async function backendLeftovers(driver: VolumeDriver, prefix: string, ids: Set<string>, cut: Journalled["groupSnapshots"]): Promise<readonly Leftover[]> {
  const ours = ({ name }: { readonly name: string }): boolean => name.includes(prefix);
  const volumes: Volume[] = [];
  for await (const volume of driver.listVolumes({ pageSize: 1000 })) if (ours(volume) || ids.has(volume.id)) volumes.push(volume);
  for (const { id } of volumes) ids.add(id);
  const snapshots: Snapshot[] = [];
  if (driver.snapshots !== undefined) {
    for await (const snapshot of driver.snapshots.listSnapshots({ pageSize: 1000 })) if (ours(snapshot) || ids.has(snapshot.sourceVolumeId)) snapshots.push(snapshot);
  }
  return [
    ...(await groupLeftovers(driver, prefix, ids, cut)),
    ...snapshots.map((snapshot) => snapshotLeftover(driver, snapshot)),
    // The newest first: clones before what they were made from.
    ...volumes.sort(byAge).map(({ id, name }) => ({ name: `volume ${JSON.stringify(name)}`, remove: () => removeVolume(driver, id) })),
    ...(await importableLeftovers(driver, prefix, ids)),
    ...(await trashLeftovers(driver, prefix, ids)),
  ];
}

const byAge = (one: Volume, other: Volume): number => (other.createdAt ?? "").localeCompare(one.createdAt ?? "");

const snapshotLeftover = ({ snapshots }: VolumeDriver, { id, name }: Snapshot): Leftover => ({
  name: `snapshot ${JSON.stringify(name)}`,
  remove: async () => snapshots?.deleteSnapshot({ id }),
});

async function groupLeftovers({ groups }: VolumeDriver, prefix: string, ids: ReadonlySet<string>, cut: Journalled["groupSnapshots"]): Promise<readonly Leftover[]> {
  if (groups === undefined) return [];
  const found: Leftover[] = [];
  const there = new Set<string>();
  for await (const { id, name, volumeIds } of groups.listGroups({ pageSize: 1000 })) {
    const ours = name.includes(prefix) || (volumeIds.length > 0 && volumeIds.every((volume) => ids.has(volume)));
    if (!ours) continue;
    there.add(id);
    found.push({ name: `group ${JSON.stringify(name)}`, remove: () => groups.deleteGroup({ id }) });
  }
  // No list shows a group's snapshots: the request that made one finds it, or makes it, while its group is there.
  const snapshots = cut.filter((request) => there.has(request.groupId)).map(({ groupId: id, name }) => ({
    name: `group snapshot ${JSON.stringify(name)}`,
    remove: async () => {
      const { id: found } = await groups.createGroupSnapshot({ name, groupId: groupId(id) });
      await groups.deleteGroupSnapshot({ id: found });
    },
  }));
  return [...snapshots, ...found];
}

/** What was let go of is deleted as a volume again. Only what bears the run's prefix or a volume's id is known to be the run's. */
async function importableLeftovers(driver: VolumeDriver, prefix: string, ids: ReadonlySet<string>): Promise<readonly Leftover[]> {
  const { imports } = driver;
  if (imports === undefined) return [];
  const found: Leftover[] = [];
  for await (const { reference } of imports.listImportable({ pageSize: 1000 })) {
    if (!reference.includes(prefix) && !mentions(reference, ids)) continue;
    found.push({
      name: `importable ${reference}`,
      remove: async () => removeVolume(driver, (await imports.importVolume({ reference, name: `${prefix}-clean-${found.length}-${reference.length}` })).id),
    });
  }
  return found;
}

async function trashLeftovers({ trash }: VolumeDriver, prefix: string, ids: ReadonlySet<string>): Promise<readonly Leftover[]> {
  if (trash === undefined) return [];
  const found: Leftover[] = [];
  for await (const { id, name } of trash.listTrash({ pageSize: 1000 })) {
    if (name.includes(prefix) || ids.has(id)) found.push({ name: `volume ${JSON.stringify(name)} in the trash`, remove: () => trash.purgeVolume({ id }) });
  }
  return found;
}
