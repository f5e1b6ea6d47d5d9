/**
 * A dock's process for the tests beside this file: `worker.ts names DIR COUNT` creates the same names as its siblings, `facets` the same
 * snapshots, clones and groups,
 * `worker.ts churn DIR PREFIX` makes, attaches and deletes until it is killed. Tells what it did, a line each.
 */
import { context, createRequest, facts } from "./call.js";
import { reference } from "@opensds/testkit/reference";

const [task, dir = "", argument = ""] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);

const backend = await reference.connect({ dir }, context("setup"));
say("ready");

const create = async (name: string) => {
  const { id } = await backend.createVolume(createRequest(name), context("createVolume"));
  say(`created ${name} ${id}`);
  return id;
};

if (task === "names") {
  for (let index = 0; index < Number(argument); index += 1) await create(`name-${index}`);
} else if (task === "facets") {
  // The same snapshots, clones and groups as its siblings, of volumes that are all there.
  for (let index = 0; index < Number(argument); index += 1) {
    const volumeIds = [await create(`a-${index}`), await create(`b-${index}`)];
    const [sourceVolumeId] = volumeIds;
    if (sourceVolumeId === undefined) break;
    const snapshot = await backend.snapshots.createSnapshot({ name: `s-${index}`, sourceVolumeId }, context("createSnapshot"));
    const source = { kind: "snapshot", snapshotId: snapshot.id } as const;
    const clone = await backend.createVolume(createRequest(`c-${index}`, { source }), context("createVolume"));
    const group = await backend.groups.createGroup({ name: `g-${index}`, volumeIds }, context("createGroup"));
    const cut = await backend.groups.createGroupSnapshot({ name: `gs-${index}`, groupId: group.id }, context("createGroupSnapshot"));
    say(`made ${snapshot.id} ${clone.id} ${group.id} ${group.volumeIds.join("+")} ${cut.id} ${cut.snapshots.length}`);
  }
} else {
  for (let index = 0; ; index += 1) {
    const name = `${argument}-${index}`;
    const id = await create(name);
    if (index % 3 === 0) continue;
    const { attachment } = await backend.connectVolume({ volumeId: id, mode: "single-writer", connector: facts("host") }, context("connectVolume"));
    say(`connected ${name} ${id}`);
    if (index % 3 === 1) continue;
    say(`disconnecting ${name} ${id}`);
    await backend.disconnectVolume({ volumeId: id, attachmentId: attachment.id }, context("disconnectVolume"));
    say(`deleting ${name} ${id}`);
    await backend.deleteVolume({ id }, context("deleteVolume"));
    say(`deleted ${name} ${id}`);
  }
}
