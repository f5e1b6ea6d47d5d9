import { describe, expect, it } from "vitest";
import { openHeaderChange } from "../src/transport/native/child/header-change.js";
import { openTaking } from "../src/transport/native/child/taking.js";
import { fakeObjects } from "./fakes/objects.js";

const request = { exclusive: true, tag: "opensds", cookie: "one", description: "{}" };
const wanted = { imageName: "opensds.a", form: { sizeBytes: 4_194_304 }, lock: "opensds.request", request };

/** Takes over a name that leads to this image once it is made. */
function taking(openedBy: string | undefined, failures: readonly number[] = []) {
  const { objects, asked } = fakeObjects({}, { assertExists: failures });
  const made: string[] = [];
  const images = { create: (name: string) => Promise.resolve(void made.push(name)) };
  const directory = { openedBy: () => Promise.resolve(openedBy) };
  return { taking: openTaking(openHeaderChange(objects), images, directory), asked, made };
}

describe("making an image and taking a lock on it", () => {
  it("takes it only on a header that is there and has the size that was asked for", async () => {
    const { taking: one, asked, made } = taking("a1");
    expect(await one.createLocked(wanted)).toBe("a1");
    expect(made).toEqual(["opensds.a"]);
    expect(asked).toEqual([["assertExists", "assertKey", "lock.lock"]]);
  });

  it.each([
    ["there is no such header any more", 2],
    ["somebody else has it", 16],
    ["the name is an image's of another size by then", 125],
  ])("comes to nothing where %s", async (_, failure) => {
    expect(await taking("a1", [failure]).taking.createLocked(wanted)).toBeNull();
  });

  it("comes to nothing where nothing has the name by then", async () => {
    const { taking: one, asked } = taking(undefined);
    expect(await one.createLocked(wanted)).toBeNull();
    expect(asked).toEqual([]);
  });

  it("fails with what else the cluster says", async () => {
    await expect(taking("a1", [28]).taking.createLocked(wanted)).rejects.toMatchObject({ what: "lock.lock", errno: 28 });
  });

  it("asks for no size where a lock alone is taken", async () => {
    const { taking: one, asked } = taking("a1");
    expect(await one.takeLock({ imageId: "a1", lock: "opensds.closing", request })).toBe(true);
    expect(asked).toEqual([["assertExists", "lock.lock"]]);
  });
});
