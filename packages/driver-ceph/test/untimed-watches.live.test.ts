import { MiB, type VolumeDriver } from "@opensds/core";
import { killDaemon, startDaemon } from "@opensds/lab";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageNameOf } from "../src/records/image-name.js";
import { isFull } from "./live/amounts.js";
import { failureOf, live, openNamespace, transports, uniqueName, type LabNamespace } from "./live/lab.js";
import { leaveUntimedWatches } from "./live/untimed-watch.js";

const capacity = { requiredBytes: 4 * MiB };
/** Each takes minutes, nearly all of them the cluster's own waiting. */
const tried = isFull ? transports : transports.slice(0, 1);

describe.runIf(live).each(tried)("a watch that the cluster does not time, of a client that is dead (%s)", { timeout: 600_000 }, (transport) => {
  let lab: LabNamespace;
  let driver: VolumeDriver;
  beforeAll(async () => {
    lab = await openNamespace("untimed", transport, { unfinishedAfterMs: 1_000 });
    driver = lab.driver;
  }, 60_000);
  afterAll(() => lab.remove(), 120_000);

  const imageIdOf = async (name: string): Promise<string> => {
    const id = /block_name_prefix: rbd_data\.(\w+)/.exec(await lab.rbd("info", "--image", imageNameOf(name)))?.[1];
    if (id === undefined) throw new Error(`image ${imageNameOf(name)} has no id`);
    return id;
  };

  it("keeps no name from a create, and no volume from a delete", async () => {
    const unfinished = uniqueName("unfinished");
    await lab.rbd("create", "--image", imageNameOf(unfinished), "--size", "8M");
    const { id, name } = await driver.createVolume({ name: uniqueName("deleted"), capacity });
    await leaveUntimedWatches(lab.name, await Promise.all([unfinished, name].map(imageIdOf)));

    const [made, refused] = await Promise.all([driver.createVolume({ name: unfinished, capacity }), failureOf(driver.deleteVolume({ id }))]);
    expect(refused).toBeUndefined();
    expect(made.sizeBytes).toBe(4 * MiB);

    // Now they get their 30 s. What they held up is with the manager, which tries again after half a minute, a minute, and so on.
    await killDaemon("osd.0");
    await startDaemon("osd.0");
    await expect.poll(() => lab.rbd("trash", "ls"), { timeout: 240_000, interval: 1_000 }).toBe("");
  });
});
