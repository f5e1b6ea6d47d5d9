import { describe, expect, it } from "vitest";
import { openHeaderChange } from "../src/transport/native/child/rbd/header-change.js";
import { openTaking, type Taking } from "../src/transport/native/child/rbd/taking.js";
import { fakeObjects } from "./fakes/objects.js";

const request = { exclusive: true, tag: "opensds", cookie: "one", description: "{}" };
const wanted = { imageId: "a1", sizeBytes: 4_194_304, lock: "opensds.request", request };

/** Takes locks on headers whose existence these failures are told for. */
function taking(failures: readonly number[] = []): { readonly one: Taking; readonly asked: readonly (readonly string[])[] } {
  const { objects, asked } = fakeObjects({}, { assertExists: failures });
  return { one: openTaking(openHeaderChange(objects)), asked };
}

describe("taking a lock on an image that was made", () => {
  it("happens only on a header that is there and has the size that was asked for", async () => {
    const { one, asked } = taking();
    expect(await one.takeSized(wanted)).toBe(true);
    expect(asked).toEqual([["assertExists", "assertKey", "lock.lock"]]);
  });

  it.each([
    ["there is no such header any more", 2],
    ["somebody else has it", 16],
    ["the name is an image's of another size by then", 125],
  ])("comes to nothing where %s", async (_, failure) => {
    expect(await taking([failure]).one.takeSized(wanted)).toBe(false);
  });

  it("fails with what else the cluster says", async () => {
    await expect(taking([28]).one.takeSized(wanted)).rejects.toMatchObject({ what: "lock.lock", errno: 28 });
  });

  it("asks for no size where a lock alone is taken", async () => {
    const { one, asked } = taking();
    expect(await one.takeLock({ imageId: "a1", lock: "opensds.closing", request })).toBe(true);
    expect(asked).toEqual([["assertExists", "lock.lock"]]);
  });
});
