import { GiB, KiB, MiB } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { openImageMaking } from "../src/transport/native/child/rbd/image-making.js";
import { plainForm } from "../src/transport/native/child/rbd/plain-form.js";
import { fakeObjects } from "./fakes/objects.js";

const usual: Readonly<Record<string, string>> = {
  rbd_default_features: "layering,exclusive-lock,object-map,fast-diff,deep-flatten",
  rbd_default_order: "22",
  rbd_default_format: "2",
  rbd_default_stripe_unit: "0",
  rbd_default_stripe_count: "0",
};
const options =
  (more: Readonly<Record<string, string>> = {}) =>
  (name: string): string =>
    ({ ...usual, ...more })[name] ?? "";

describe("how an image is to be that needs nothing but its own objects", () => {
  it("is what Ceph's options say where nothing was asked for", () => {
    expect(plainForm({ sizeBytes: GiB }, options())).toEqual({ sizeBytes: GiB, order: 22, features: 61n, objectCount: 256, hasObjectMap: true });
    expect(plainForm({ sizeBytes: GiB }, options({ rbd_default_features: "61" }))?.features).toBe(61n);
    expect(plainForm({ sizeBytes: GiB }, options({ rbd_default_features: "1", rbd_default_order: "20" }))).toMatchObject({ order: 20, features: 1n, hasObjectMap: false });
  });

  it("is what was asked for, whatever the options say of that", () => {
    const form = plainForm({ sizeBytes: 5 * MiB + 512, objectSizeBytes: MiB, features: ["layering"] }, options({ rbd_default_features: "journaling", rbd_default_order: "99" }));
    expect(form).toEqual({ sizeBytes: 5 * MiB + 512, order: 20, features: 1n, objectCount: 6, hasObjectMap: false });
  });

  it.each([
    ["its data goes elsewhere", { dataPool: "fast" }, {}],
    ["its data goes elsewhere by Ceph's options", {}, { rbd_default_data_pool: "fast" }],
    ["it is striped", {}, { rbd_default_stripe_unit: "65536", rbd_default_stripe_count: "4" }],
    ["it is of format 1", {}, { rbd_default_format: "1" }],
    ["it has a journal", { features: ["layering", "exclusive-lock", "journaling"] }, {}],
    ["a feature has a name that is not known", { features: ["layering", "telepathy"] }, {}],
    ["a default feature has one", {}, { rbd_default_features: "layering,telepathy" }],
    ["a default feature has a number that is not known", {}, { rbd_default_features: "4611686018427387905" }],
    ["its object map has no lock", { features: ["layering", "object-map", "fast-diff"] }, {}],
    ["its object map is left without its differences", { features: ["layering", "exclusive-lock", "object-map"] }, {}],
    ["its differences have no object map", { features: ["layering", "exclusive-lock", "fast-diff"] }, {}],
    ["its objects are too small", { objectSizeBytes: 2 * KiB }, {}],
    ["its objects are no power of two", { objectSizeBytes: 3 * MiB }, {}],
    ["its objects have a default size that is no number", {}, { rbd_default_order: "" }],
    ["it has more objects than a map holds", { sizeBytes: 256_000_001 * 4 * KiB, objectSizeBytes: 4 * KiB }, {}],
  ])("is for librbd to tell where %s", (_, form, more) => {
    expect(plainForm({ sizeBytes: GiB, ...form }, options(more))).toBeUndefined();
  });
});

describe("making an image", () => {
  const validated = { rbd_info: Buffer.from("overwrite validated") };
  const made = (
    { present = {}, omap = {}, namespace = "", failures = {} }: {
      readonly present?: Readonly<Record<string, Buffer>>;
      readonly omap?: Readonly<Record<string, Buffer>>;
      readonly namespace?: string;
      readonly failures?: Readonly<Record<string, readonly number[]>>;
    } = {},
    root = fakeObjects({ present: validated }).objects,
  ) => {
    const { objects, written } = fakeObjects({ present, omap }, failures);
    const dropped: string[] = [];
    const listing = { dropHalfMade: (id: string) => (dropped.push(id), Promise.resolve(true)) };
    const making = openImageMaking(objects, root, { namespace, option: options() }, listing);
    return { making, written, dropped };
  };
  const form = { sizeBytes: GiB };

  it("lists the name first and writes the header last, so that what has a header is whole", async () => {
    const { making, written } = made();
    expect(await making.make("one", form)).toBe(true);
    const id = written.at(-1)?.object.slice("rbd_header.".length) ?? "";
    expect(id).toMatch(/^[0-9a-f]{14}$/);
    expect(written.map(({ object, parts }) => [object, ...parts])).toEqual([
      ["rbd_directory", "rbd.dir_add_image"],
      ["rbd_id.one", "create", "content"],
      [`rbd_object_map.${id}`, "rbd.object_map_resize"],
      [`rbd_header.${id}`, "create", "rbd.create"],
    ]);
  });

  it("makes no object map where none is asked for", async () => {
    const { making, written } = made();
    await making.make("one", { ...form, features: ["layering"] });
    expect(written.map(({ object }) => object.replace(/\..*/, ""))).toEqual(["rbd_directory", "rbd_id", "rbd_header"]);
  });

  it("asks that a namespace still takes images", async () => {
    const { making, written } = made({ namespace: "ns" });
    await making.make("one", form);
    expect(written[0]).toEqual({ object: "rbd_directory", parts: ["rbd.dir_state_assert", "rbd.dir_add_image"] });
  });

  it.each([
    ["the pool was not found to take images", {}, fakeObjects({ present: {} }).objects],
    ["the pool has defaults of its own", {}, fakeObjects({ present: validated, omap: { metadata_conf_rbd_default_order: Buffer.from("20") } }).objects],
    ["the namespace has", { namespace: "ns", present: validated, omap: { metadata_conf_rbd_default_order: Buffer.from("20") } }, undefined],
  ])("is librbd's where %s", async (_, content, root) => {
    const { making, written } = made(content, root);
    expect(await making.make("one", form)).toBe(false);
    expect(written).toEqual([]);
  });

  it("is not librbd's where a pool has settings of another kind", async () => {
    const root = fakeObjects({ present: validated, omap: { metadata_conf_rbd_qos_iops_limit: Buffer.from("7") } }).objects;
    expect(await made({}, root).making.make("one", form)).toBe(true);
  });

  it.each(["rbd_id.one", "one.rbd"])("is refused where there is %s, with nothing written", async (object) => {
    const { making, written } = made({ present: { [object]: Buffer.alloc(0) } });
    await expect(making.make("one", form)).rejects.toMatchObject({ errno: 17 });
    expect(written).toEqual([]);
  });

  it("is refused where another was quicker, and takes nothing back", async () => {
    const { making, written, dropped } = made({ failures: { "rbd.dir_add_image": [17] } });
    await expect(making.make("one", form)).rejects.toMatchObject({ errno: 17 });
    expect([written.length, dropped]).toEqual([1, []]);
  });

  it.each(["content", "rbd.object_map_resize", "rbd.create"])("takes back what it has written where %s fails", async (part) => {
    const { making, written, dropped } = made({ failures: { [part]: [122] } });
    await expect(making.make("one", form)).rejects.toMatchObject({ errno: 122 });
    expect(dropped).toHaveLength(1);
    expect(written.some(({ object }) => object === `rbd_header.${dropped[0] ?? ""}`)).toBe(part === "rbd.create");
  });

  it("takes nothing back where a write is given up, which may still come", async () => {
    const { making, dropped } = made({ failures: { "rbd.create": [110] } });
    await expect(making.make("one", form)).rejects.toMatchObject({ errno: 110 });
    expect(dropped).toEqual([]);
  });
});
