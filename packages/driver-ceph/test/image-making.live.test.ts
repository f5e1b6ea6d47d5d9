import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KiB, MiB, openBackends } from "@opensds/core";
import ceph, { type CephOptions } from "@opensds/driver-ceph";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageNameOf } from "../src/records/image-name.js";
import { string } from "../src/transport/native/child/objects/encoding.js";
import { labConf, live, openNamespace, stock, uniqueName, type LabNamespace } from "./live/lab.js";

/** Times of the image itself. */
const times = ["access_timestamp", "create_timestamp", "modify_timestamp"];
/** The driver's own, which tells whose volume it is. */
const ownLock = "lock.opensds.request";

/** The child makes plain images itself: whatever the cluster then keeps must be what it keeps of one that the `rbd` command made. */
describe.runIf(live)("an image that the native transport makes", { timeout: 120_000 }, () => {
  let place: LabNamespace;
  let directory: string;
  beforeAll(async () => {
    place = await openNamespace("making", "native");
    directory = mkdtempSync(join(tmpdir(), "driver-ceph-"));
  }, 60_000);
  afterAll(async () => {
    rmSync(directory, { recursive: true });
    await place.remove();
  }, 120_000);

  /** What the cluster keeps of an image, with words in place of the id and the name. */
  const keptOf = async (where: readonly string[], imageName: string): Promise<Readonly<Record<string, unknown>>> => {
    const rados = (...args: readonly string[]): Promise<string> => stock("rados", "--pool", "dock", ...where, ...args);
    const lines = async (...args: readonly string[]): Promise<readonly string[]> => (await rados(...args)).split("\n").filter((line) => line !== "").sort();
    const file = join(directory, "bytes");
    const bytesBy = async (...args: readonly string[]): Promise<Buffer> => (await rados(...args, file), readFileSync(file));

    const id = (await bytesBy("get", `rbd_id.${imageName}`)).subarray(4).toString();
    const words = [id, `rbd_data.${id}`, imageName];
    const shown = (bytes: Buffer): string => {
      const encoded = words.map((word, index) => [string(word).toString("hex"), ["<id>", "<data>", "<name>"][index] ?? ""] as const);
      return encoded.reduce((text, [hex, word]) => text.replaceAll(hex, word), bytes.toString("hex"));
    };
    const valuesOf = async (object: string, keys: readonly string[]): Promise<Readonly<Record<string, string>>> => {
      const values: Record<string, string> = {};
      for (const key of keys) {
        const bytes = await bytesBy("getomapval", object, key);
        values[key.replace(id, "<id>").replace(imageName, "<name>")] = times.includes(key) ? `a time of ${bytes.length} bytes` : shown(bytes);
      }
      return values;
    };
    const kept: Record<string, unknown> = { listed: await valuesOf("rbd_directory", [`name_${imageName}`, `id_${id}`]) };
    for (const object of (await lines("ls")).filter((one) => one.includes(id) || one === `rbd_id.${imageName}`)) {
      kept[object.replace(id, "<id>").replace(imageName, "<name>")] = {
        values: await valuesOf(object, await lines("listomapkeys", object)),
        attributes: (await lines("listxattr", object)).filter((name) => name !== ownLock),
        bytes: shown(await bytesBy("get", object)),
      };
    }
    return kept;
  };

  /** Makes one image with the driver and one with `rbd create`, and tells what is kept of each. */
  const both = async (namespace: string, sizeBytes: number, more: Partial<CephOptions>, flags: readonly string[]) => {
    const where = namespace === "" ? [] : ["--namespace", namespace];
    const element = { conf: labConf(), user: "dock", pool: "dock", transport: "native" as const, ...(namespace !== "" && { namespace }), ...more };
    const backends = await openBackends({ backends: { one: { ceph_driver: element } } }, { drivers: [ceph] });
    const name = uniqueName("made");
    const theirs = `${name}-by-rbd`;
    try {
      const driver = backends.get("one");
      await driver.setup();
      const { id } = await driver.createVolume({ name, capacity: { requiredBytes: sizeBytes } });
      await stock("rbd", "--pool", "dock", ...where, "create", "--image", theirs, `--size=${sizeBytes}B`, ...flags);
      const [ours, of] = [await keptOf(where, imageNameOf(name)), await keptOf(where, theirs)];
      const said = await stock("rbd", "--pool", "dock", ...where, "info", "--image", imageNameOf(name));
      await driver.deleteVolume({ id });
      return { ours, theirs: of, imageId: /^\s*id: (\S+)$/m.exec(said)?.[1] };
    } finally {
      await stock("rbd", "--pool", "dock", ...where, "rm", "--image", theirs, "--no-progress").catch(() => undefined);
      await backends.unset();
    }
  };

  it.each([
    ["as Ceph's options say", 10 * MiB, {}, []],
    ["with an object that is not full", 5 * MiB, {}, []],
    ["with features of its own", 8 * MiB, { imageFeatures: ["layering"] }, ["--image-feature=layering"]],
    ["with objects of its own size", 3 * MiB, { objectSizeBytes: 64 * KiB }, ["--object-size=65536B"]],
  ] as const)("is kept as one of rbd's, %s", async (_, sizeBytes, more, flags) => {
    for (const namespace of ["", place.name]) {
      const { ours, theirs, imageId } = await both(namespace, sizeBytes, { ...more, imageFeatures: "imageFeatures" in more ? [...more.imageFeatures] : undefined }, flags);
      expect(ours).toEqual(theirs);
      // librbd's begin with its client's number, and are shorter in a cluster as young as this: this image was not made by it.
      expect(imageId).toMatch(/^[0-9a-f]{14}$/);
    }
  });
});
