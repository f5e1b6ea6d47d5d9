import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { openCompletions } from "../src/transport/native/child/objects/completions.js";
import { string, u32, u64, versioned } from "../src/transport/native/child/objects/encoding.js";
import { headerGlance, lookAtHeader, wholeHeader } from "../src/transport/native/child/rbd/header.js";
import { openListing } from "../src/transport/native/child/rbd/listing.js";
import { countAnswers } from "../src/transport/native/child/rbd/watchers.js";
import { fakeObjects, fakeOperations } from "./fakes/objects.js";

describe("who has answered a message to an object's watchers", () => {
  const watcher = [u64(4_123n), u64(1n)];

  it("is nobody where nobody watches", () => {
    expect(countAnswers(Buffer.concat([u32(0), u32(0)]))).toBe(0);
  });

  it("counts those that answered and those that did not in time", () => {
    expect(countAnswers(Buffer.concat([u32(1), ...watcher, string("ok"), u32(0)]))).toBe(1);
    expect(countAnswers(Buffer.concat([u32(0), u32(2), ...watcher, ...watcher]))).toBe(2);
  });

  it("is not told by a reply of another form", () => {
    expect(countAnswers(Buffer.alloc(0))).toBeUndefined();
    expect(countAnswers(Buffer.concat([u32(3), u32(0)]))).toBeUndefined();
  });
});

describe("waiting for operations", () => {
  it("tells of each as it ends, also while the oldest hangs", async () => {
    const fake = fakeOperations();
    const completed = openCompletions(fake, false);
    const ended: bigint[] = [];
    for (let one = 1n; one <= 40n; one += 1n) void completed(one).then(() => ended.push(one));
    for (let one = 2n; one <= 40n; one += 1n) fake.end(one);
    await expect.poll(() => ended.length).toBe(39);
    expect(ended).not.toContain(1n);
    fake.end(1n);
    await expect.poll(() => ended.length).toBe(40);
  });

  it("wakes no thread for a lone one that ends at once", async () => {
    const fake = fakeOperations(() => fake.end(1n));
    await openCompletions(fake, true)(1n);
    expect(fake.waitedFor).toEqual([]);
  });

  it("leaves a lone one that does not end at once to a thread, and looks for the next ones more rarely", async () => {
    const fake = fakeOperations();
    const completed = openCompletions(fake, true);
    const looks: number[] = [];
    for (let one = 1n; one <= 4n; one += 1n) {
      const before = fake.looks();
      const ended = completed(one);
      await turn();
      looks.push(fake.looks() - before);
      fake.end(one);
      await ended;
    }
    expect(fake.waitedFor).toEqual([1n, 2n, 3n, 4n]);
    // The first and the third in vain; then three are left out.
    expect(looks.map((count) => count > 1)).toEqual([true, false, true, false]);
  });

  it("does not look for many, or for what takes its time", async () => {
    for (const [endSoon, count] of [[true, 3n], [false, 1n]] as const) {
      const fake = fakeOperations();
      const completed = openCompletions(fake, endSoon);
      for (let one = 1n; one <= count; one += 1n) void completed(one);
      await turn();
      expect(fake.waitedFor).toHaveLength(1);
      expect(fake.looks()).toBe(0);
    }
  });

  it("takes one wait for what was begun together", async () => {
    const fake = fakeOperations();
    const completed = openCompletions(fake, false);
    const both = Promise.all([completed(1n), completed(2n)]);
    await turn();
    fake.end(1n);
    fake.end(2n);
    await both;
    expect(fake.waitedFor).toEqual([2n]);
  });

  it("does not look at all that are under way whenever one ends", async () => {
    const fake = fakeOperations();
    const completed = openCompletions(fake, false);
    const all = Array.from({ length: 200 }, (_, index) => completed(BigInt(index + 1)));
    for (let one = 1n; one <= 200n; one += 1n) {
      fake.end(one);
      if (one % 20n === 0n) await sleep(0);
    }
    await Promise.all(all);
    expect(fake.looks()).toBeLessThan(200 * 20);
  });
});

describe("a look at a header", () => {
  const header = {
    omap: { size: u64(1_073_741_824n), features: u64(61n), order: Buffer.from([22]) },
    methods: { "rbd.get_snapcontext": Buffer.concat([u64(0n), u32(0)]), "rbd.parent_get": versioned(u64(0xffff_ffff_ffff_ffffn)) },
  };
  const names = ["opensds.request", "opensds.attachment", "opensds.closing"];

  it("takes one round trip, and no call of a method, for what a volume is told from", async () => {
    const { objects, asked } = fakeObjects(header);
    const found = await lookAtHeader(objects, "a1", headerGlance, names);
    expect(found).toEqual({ info: { id: "a1", sizeBytes: 1_073_741_824 }, cells: [] });
    expect(asked).toEqual([["omap features size", "attributes"]]);
  });

  it("finds the cells that were asked for among the attributes, and only those that somebody holds", async () => {
    const address = Buffer.alloc(1 + 3 + 4 + 128);
    const locker = [versioned(Buffer.from([8]), u64(4_123n), string("c1")), versioned(u64(0n), address, string("{}"))];
    const held = versioned(u32(1), ...locker, Buffer.from([1]), string("opensds"));
    const free = versioned(u32(0), Buffer.from([1]), string("opensds"));
    const attributes = { "lock.opensds.request": held, "lock.opensds.closing": free, "lock.rbd_lock": held, snapset: Buffer.alloc(3) };
    const found = await lookAtHeader(fakeObjects({ ...header, attributes }).objects, "a1", headerGlance, names);
    const request = { exclusive: true, tag: "opensds", lockers: [{ entity: "client.4123", cookie: "c1", description: "{}" }] };
    expect(found?.cells).toEqual([["opensds.request", request]]);
  });

  it("tells all of an image", async () => {
    const { objects } = fakeObjects(header);
    expect((await lookAtHeader(objects, "a1", wholeHeader, []))?.info).toEqual({
      id: "a1",
      sizeBytes: 1_073_741_824,
      objectSizeBytes: 4_194_304,
      snapshots: 0,
      features: ["layering", "exclusive-lock", "object-map", "fast-diff", "deep-flatten"],
      isClone: false,
    });
  });

  it.each([
    ["an unknown feature", { features: u64(1n << 40n) }],
    ["a migration", { features: u64(512n) }],
    ["a size of another form", { size: Buffer.alloc(2) }],
  ])("leaves an image with %s to librbd", async (_, odd) => {
    const omap = { ...header.omap, ...odd };
    for (const question of [headerGlance, wholeHeader]) {
      const found = await lookAtHeader(fakeObjects({ ...header, omap }).objects, "a1", question, []);
      expect(found).toEqual({ info: undefined, cells: [] });
    }
  });

  it("leaves what has no size yet to librbd", async () => {
    const found = await lookAtHeader(fakeObjects({ ...header, omap: {} }).objects, "a1", headerGlance, []);
    expect(found).toEqual({ info: undefined, cells: [] });
  });
});

describe("moving an image to the trash", () => {
  /** A directory that gives these names, one after the other. */
  const directoryOf = (...names: readonly (string | undefined)[]) => {
    const left = [...names];
    return { nameOf: () => Promise.resolve(left.shift()) };
  };

  it("looks the name up once", async () => {
    const { objects, asked } = fakeObjects({});
    await openListing(objects, directoryOf("opensds.a", "not asked for")).moveToTrash("a1");
    expect(asked).toEqual([["rbd.trash_add"], ["assertBytes", "remove"], ["rbd.dir_remove_image"]]);
  });

  it("follows an image that is renamed meanwhile", async () => {
    const { objects, asked } = fakeObjects({}, { "rbd.dir_remove_image": [2, 0] });
    await openListing(objects, directoryOf("opensds.a", "opensds.b")).moveToTrash("a1");
    expect(asked).toHaveLength(6);
  });

  it("leaves alone what somebody else has moved", async () => {
    const { objects, asked } = fakeObjects({});
    await openListing(objects, directoryOf(undefined)).moveToTrash("a1");
    expect(asked).toEqual([]);
  });
});
