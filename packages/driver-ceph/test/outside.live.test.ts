import { execFile } from "node:child_process";
import { hostId, isSouthboundError, MiB, volumeId, type VolumeDriver } from "@opensds/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageNameOf } from "../src/records/image-name.js";
import { labConf, live, openNamespace, transports, uniqueName, type LabNamespace } from "./live/lab.js";

const capacity = { requiredBytes: 4 * MiB };
const names = ["--help", "../x", "a b", "x@y", "x/y", "😀", "é", "n".repeat(128), "\u{1F600}".repeat(32), "-", ".", "~7e", "~"];

describe.runIf(live).each(transports)("what other tools do to the pool (%s)", { timeout: 300_000 }, (transport) => {
  let lab: LabNamespace;
  let driver: VolumeDriver;

  beforeAll(async () => {
    lab = await openNamespace("outside", transport);
    driver = lab.driver;
  }, 60_000);
  afterAll(async () => {
    await lab.remove();
  }, 120_000);

  const reasonOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      (value) => new Error(`returned ${JSON.stringify(value)}`),
      (thrown: unknown) => thrown,
    );
    return isSouthboundError(error) ? error.reason : String(error);
  };
  const imageOf = (name: string): readonly string[] => ["--image", imageNameOf(name)];

  it.each(names)("the name %j is a volume like any other", async (name) => {
    const volume = await driver.createVolume({ name, capacity });
    try {
      expect((await driver.getVolume({ name })).id).toBe(volume.id);
      expect((await driver.getVolume({ id: volume.id })).name).toBe(name);
      const info: unknown = JSON.parse(await lab.rbd("info", ...imageOf(name), "--format", "json"));
      expect(info).toMatchObject({ size: 4 * MiB });
    } finally {
      await driver.deleteVolume({ id: volume.id });
    }
  });

  it("a resize shows at the next read", async () => {
    const { id } = await driver.createVolume({ name: uniqueName("resize"), capacity });
    const { name } = await driver.getVolume({ id });
    await lab.rbd("resize", ...imageOf(name), "--size", "16M", "--no-progress");
    expect((await driver.getVolume({ id })).sizeBytes).toBe(16 * MiB);
    expect((await driver.getVolume({ name })).sizeBytes).toBe(16 * MiB);
  });

  it("a renamed image keeps its id and its state, and frees the name", async () => {
    const name = uniqueName("rename");
    const { id } = await driver.createVolume({ name, capacity });
    await lab.rbd("rename", imageNameOf(name), imageNameOf(`${name}-b`));
    expect((await driver.getVolume({ id })).id).toBe(id);
    expect(await reasonOf(driver.getVolume({ name }))).toBe("volume-not-found");
    const connector = { hostId: hostId("h"), hostName: "h", bootId: "b" };
    const { attachment, info } = await driver.connectVolume({ volumeId: id, connector });
    expect(info).toMatchObject({ protocol: "rbd", image: imageNameOf(`${name}-b`) });
    await driver.disconnectVolume({ volumeId: id, attachmentId: attachment.id });
    await driver.deleteVolume({ id });
    expect(await reasonOf(driver.getVolume({ id }))).toBe("volume-not-found");
  });

  it("a removed and a trashed image are gone", async () => {
    const first = await driver.createVolume({ name: uniqueName("rm"), capacity });
    await lab.rbd("rm", ...imageOf(first.name), "--no-progress");
    expect(await reasonOf(driver.getVolume({ id: first.id }))).toBe("volume-not-found");
    await driver.deleteVolume({ id: first.id });

    const second = await driver.createVolume({ name: uniqueName("trash"), capacity });
    await lab.rbd("trash", "mv", ...imageOf(second.name));
    expect(await reasonOf(driver.getVolume({ id: second.id }))).toBe("volume-not-found");
    expect(await reasonOf(driver.getVolume({ name: second.name }))).toBe("volume-not-found");
    const connector = { hostId: hostId("h"), hostName: "h", bootId: "b" };
    expect(await reasonOf(driver.connectVolume({ volumeId: second.id, connector }))).toBe("volume-not-found");
    // An operator's trash is the operator's: delete finds nothing, and the image can be restored.
    await driver.deleteVolume({ id: second.id });
    const imageId = second.id.split(".").at(-1) ?? "";
    await lab.rbd("trash", "restore", "--image-id", imageId);
    expect((await driver.getVolume({ id: second.id })).name).toBe(second.name);
  });

  it("a volume of a newer layout is refused in words, listed as unknown, and left as it is", async () => {
    const name = uniqueName("layout");
    await lab.rbd("create", ...imageOf(name), "--size", "4M");
    const imageId = /id: (\w+)/.exec(await lab.rbd("info", ...imageOf(name)))?.[1] ?? "";
    const cell = [`rbd_header.${imageId}`, "opensds.request", "--lock-tag=opensds", "--lock-cookie=c"];
    await lab.rados("lock", "get", ...cell, `--lock-description=${JSON.stringify({ v: 2, name })}`);
    expect(await reasonOf(driver.getVolume({ name }))).toBe("layout-unknown");
    expect(await reasonOf(driver.createVolume({ name, capacity }))).toBe("layout-unknown");
    const states: string[] = [];
    for await (const volume of driver.listVolumes()) {
      if (volume.id.endsWith(`.${imageId}`)) states.push(volume.state);
      if (volume.id.endsWith(`.${imageId}`)) expect(await reasonOf(driver.deleteVolume({ id: volume.id }))).toBe("layout-unknown");
    }
    expect(states).toEqual(["unknown"]);
    await lab.rbd("rm", ...imageOf(name), "--no-progress");
  });

  it("a copy made by an operator is no volume", async () => {
    const { name } = await driver.createVolume({ name: uniqueName("copy"), capacity });
    const copy = imageNameOf(`${name}-copy`);
    await lab.rbd("cp", imageNameOf(name), "--dest-pool", "dock", "--dest-namespace", lab.name, copy, "--no-progress");
    try {
      expect(await reasonOf(driver.getVolume({ name: `${name}-copy` }))).toBe("volume-not-found");
    } finally {
      await lab.rbd("rm", "--image", copy, "--no-progress");
    }
  });

  it("an image that another tool made and uses under our name is refused, and left alone", async () => {
    const name = uniqueName("foreign");
    await lab.rbd("create", ...imageOf(name), "--size", "4M");
    await lab.rbd("snap", "create", ...imageOf(name), "--snap", "s", "--no-progress");
    expect(await reasonOf(driver.createVolume({ name, capacity }))).toBe("foreign-image");
    await lab.rbd("snap", "rm", ...imageOf(name), "--snap", "s", "--no-progress");
    await lab.rbd("bench", "--io-type", "write", "--io-size", "4096", "--io-total", "4096", ...imageOf(name));
    expect(await reasonOf(driver.createVolume({ name, capacity: { requiredBytes: MiB } }))).toBe("foreign-image");
    await lab.rbd("rm", ...imageOf(name), "--no-progress");
  });

  it("an image of nobody's that a client has open is refused, and taken where that client has died", async () => {
    const opened = async (name: string) => {
      await lab.rbd("create", ...imageOf(name), "--size", "4M");
      const reading = execFile("rbd", [
        ...["bench", "--io-type", "read", "--io-total", "1024G", "--io-size", "4096", "--io-threads", "1"],
        ...[...imageOf(name), "--pool", "dock", "--namespace", lab.name, "--conf", labConf(), "--id", "dock"],
      ]);
      await expect.poll(() => lab.rbd("status", ...imageOf(name)), { timeout: 10_000 }).toContain("watcher=");
      return reading;
    };
    const [killed, alive] = [uniqueName("killed"), uniqueName("alive")];
    (await opened(killed)).kill("SIGKILL");
    const reading = await opened(alive);
    try {
      const [made, refused] = await Promise.all([driver.createVolume({ name: killed, capacity: { requiredBytes: MiB } }), reasonOf(driver.createVolume({ name: alive, capacity }))]);
      expect(made.sizeBytes).toBe(MiB);
      expect(refused).toBe("foreign-image");
    } finally {
      reading.kill("SIGINT");
      await new Promise((resolve) => reading.once("exit", resolve));
    }
    await expect.poll(() => lab.rbd("status", ...imageOf(alive)), { timeout: 40_000 }).toContain("none");
    await lab.rbd("rm", ...imageOf(alive), "--no-progress");
  });

  it("an image with a snapshot, or open elsewhere, is not deleted and stays usable", async () => {
    const volume = await driver.createVolume({ name: uniqueName("busy"), capacity: { requiredBytes: 64 * MiB } });
    await lab.rbd("snap", "create", ...imageOf(volume.name), "--snap", "s", "--no-progress");
    expect(await reasonOf(driver.deleteVolume({ id: volume.id }))).toBe("volume-has-snapshots");
    await lab.rbd("snap", "rm", ...imageOf(volume.name), "--snap", "s", "--no-progress");

    const bench = execFile("rbd", [
      ...["bench", "--io-type", "write", "--io-total", "64G", "--io-size", "4096", "--io-threads", "1"],
      ...[...imageOf(volume.name), "--pool", "dock", "--namespace", lab.name, "--conf", labConf(), "--id", "dock"],
    ]);
    try {
      await expect.poll(() => lab.rbd("status", ...imageOf(volume.name)), { timeout: 10_000 }).toContain("watcher=");
      expect(await reasonOf(driver.deleteVolume({ id: volume.id }))).toBe("volume-in-use");
      expect((await driver.getVolume({ id: volume.id })).state).toBe("available");
      // One that answers nothing has it open as well.
      bench.kill("SIGSTOP");
      expect(await reasonOf(driver.deleteVolume({ id: volume.id }))).toBe("volume-in-use");
    } finally {
      bench.kill("SIGCONT");
      // By SIGINT it closes the image; killed, its watch would linger for 30 s.
      bench.kill("SIGINT");
      await new Promise((resolve) => bench.once("exit", resolve));
    }
    await expect.poll(() => lab.rbd("status", ...imageOf(volume.name)), { timeout: 40_000 }).toContain("none");
    await driver.deleteVolume({ id: volume.id });
  });

  it("an image that rbd left half-made is cleared away", async () => {
    const name = uniqueName("half");
    await lab.rbd("create", ...imageOf(name), "--size", "4M");
    const imageId = /id: (\w+)/.exec(await lab.rbd("info", ...imageOf(name)))?.[1] ?? "";
    await lab.rados("rm", `rbd_header.${imageId}`, `rbd_object_map.${imageId}`, `rbd_id.${imageNameOf(name)}`);
    expect(await reasonOf(driver.getVolume({ name }))).toBe("volume-not-found");
    const volume = await driver.createVolume({ name, capacity });
    await driver.deleteVolume({ id: volume.id });
  });

  it("a volume whose name's object a late removal by name has taken is found by its name, and whole after the next create", async () => {
    const name = uniqueName("nameless");
    const volume = await driver.createVolume({ name, capacity });
    await lab.rados("rm", `rbd_id.${imageNameOf(name)}`);
    expect((await driver.getVolume({ name })).id).toBe(volume.id);
    expect((await driver.createVolume({ name, capacity })).id).toBe(volume.id);
    expect(await lab.rbd("info", ...imageOf(name))).toContain(volume.id.split(".").at(-1));
    await driver.deleteVolume({ id: volume.id });
    expect(await reasonOf(driver.getVolume({ name }))).toBe("volume-not-found");
  });

  it("an image that its maker left out of the directory is cleared away", async () => {
    const name = uniqueName("unlisted");
    const first = await driver.createVolume({ name, capacity });
    const imageId = first.id.split(".").at(-1) ?? "";
    await lab.rados("rmomapkey", "rbd_directory", `name_${imageNameOf(name)}`);
    await lab.rados("rmomapkey", "rbd_directory", `id_${imageId}`);
    const volume = await driver.createVolume({ name, capacity });
    expect(volume.id).not.toBe(first.id);
    let listed = 0;
    for await (const one of driver.listVolumes()) if (one.id === volume.id) listed += 1;
    expect(listed).toBe(1);
  });

  it("the ids of another cluster, pool or form are not found, and deleting them is harmless", async () => {
    const volume = await driver.createVolume({ name: uniqueName("ids"), capacity });
    const second = lab.backends.get("ceph2");
    await second.setup();
    expect(await reasonOf(second.getVolume({ id: volume.id }))).toBe("volume-not-found");
    await second.deleteVolume({ id: volume.id });
    for (const id of ["x", "ceph1.", volume.id.replace(/\.[^.]*$/, ".0"), volume.id.replace(/^ceph1\.\w/, "ceph1.0")]) {
      expect(await reasonOf(driver.getVolume({ id: volumeId(id) }))).toBe("volume-not-found");
      await driver.deleteVolume({ id: volumeId(id) });
    }
    const twin = await second.createVolume({ name: volume.name, capacity: { requiredBytes: 8 * MiB } });
    expect(twin.id).not.toBe(volume.id);
    await second.deleteVolume({ id: twin.id });
    expect((await driver.getVolume({ id: volume.id })).sizeBytes).toBe(4 * MiB);
  });
});
