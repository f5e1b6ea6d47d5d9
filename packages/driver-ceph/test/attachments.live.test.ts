import { hostId, type ConnectorFacts } from "@opensds/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openNamespace, transports, type LabNamespace } from "./live/lab.js";

const host = (name: string): ConnectorFacts => ({ hostId: hostId(name), hostName: name, bootId: "boot" });

describe.each(transports)("attachments on a real cluster (%s)", (transport) => {
  let lab: LabNamespace;
  beforeAll(async () => {
    lab = await openNamespace("attachments", transport);
  });
  afterAll(() => lab.remove());
  const make = async (name: string) => lab.driver.createVolume({ name, capacity: { requiredBytes: 8 * 1024 * 1024 } });

  it("do not come back: a disconnect that lands late leaves a later attachment of the same host and mode alone", async () => {
    const { id: volumeId } = await make("late");
    const first = await lab.driver.connectVolume({ volumeId, connector: host("h1") });
    const again = await lab.driver.connectVolume({ volumeId, connector: host("h1") });
    expect(again.attachment).toEqual(first.attachment);
    await lab.driver.disconnectVolume({ volumeId, attachmentId: first.attachment.id });

    const second = await lab.driver.connectVolume({ volumeId, connector: host("h1") });
    await lab.driver.disconnectVolume({ volumeId, attachmentId: first.attachment.id });
    const left = await lab.driver.listAttachments({ volumeId, hostId: "all" });
    expect(left.map(({ attachment }) => attachment.id)).toEqual([second.attachment.id]);
    await lab.driver.disconnectVolume({ volumeId, attachmentId: second.attachment.id });
    await lab.driver.deleteVolume({ id: volumeId });
  });

  it("are shared among readers, refused to writers, and all of them hold the volume", async () => {
    const { id: volumeId } = await make("readers");
    const connections = [];
    for (const name of ["h1", "h2"]) {
      connections.push(await lab.driver.connectVolume({ volumeId, mode: "multi-reader", connector: host(name) }));
    }
    const again = await lab.driver.connectVolume({ volumeId, mode: "multi-reader", connector: host("h2") });
    expect(again.attachment).toEqual(connections[1]?.attachment);
    const refused = { code: "FAILED_PRECONDITION", reason: "volume-attached-elsewhere" };
    await expect(lab.driver.connectVolume({ volumeId, mode: "multi-writer", connector: host("h3") })).rejects.toMatchObject(refused);
    await expect(lab.driver.connectVolume({ volumeId, connector: host("h3") })).rejects.toMatchObject(refused);
    await expect(lab.driver.deleteVolume({ id: volumeId })).rejects.toMatchObject({ reason: "volume-in-use", details: { hosts: ["h1", "h2"] } });
    for (const { attachment } of connections) await lab.driver.disconnectVolume({ volumeId, attachmentId: attachment.id });
    await lab.driver.deleteVolume({ id: volumeId });
  });
});
