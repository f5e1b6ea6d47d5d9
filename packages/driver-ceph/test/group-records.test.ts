import { groupId, groupSnapshotId } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { cutHolder, cutIdOf, cutKeysIn, cutKeysOf, groupHolder, groupIdOf, groupKeyIn, membersHash, newKey, slotOfKey } from "../src/groups/group-id.js";
import { slotOf } from "../src/records/name-register.js";
import { CommandFailure } from "../src/transport/command-failure.js";
import { decodeGroup, decodeGroupRef } from "../src/transport/decode-group.js";
import { decodeOmap } from "../src/transport/decode-omap.js";

const place = { fsid: "12394825-1e6d-4d72-bf90-af0d14493e13", poolId: 2_147_483_647, namespace: "n".repeat(32) };

/** What `rados listomapvals` of Ceph 16.2 printed for a group with two images and one snapshot. */
const printed = `image_0000000000000001_ac4ed5b6c901
value (1 bytes) :
00000000  00                                                |.|
00000001

image_0000000000000001_ac506e991225
value (1 bytes) :
00000000  01                                                |.|
00000001

snapshot_ac6a6b8b4567
value (109 bytes) :
00000000  01 01 67 00 00 00 0c 00  00 00 61 63 36 61 36 62  |..g.......ac6a6b|
00000010  38 62 34 35 36 37 02 00  00 00 73 31 01 02 00 00  |8b4567....s1....|
00000020  00 01 01 20 00 00 00 01  00 00 00 00 00 00 00 0c  |... ............|
00000030  00 00 00 61 63 34 65 64  35 62 36 63 39 30 31 c2  |...ac4ed5b6c901.|
00000040  00 00 00 00 00 00 00 01  01 20 00 00 00 01 00 00  |......... ......|
00000050  00 00 00 00 00 0c 00 00  00 61 63 35 30 36 65 39  |.........ac506e9|
00000060  39 31 32 32 35 c3 00 00  00 00 00 00 00           |91225........|
0000006d

`;

describe("the record of an RBD group", () => {
  it("tells the members that are wholly in, and each snapshot with its images and numbers", () => {
    expect(decodeGroup(decodeOmap(printed))).toEqual({
      members: ["ac4ed5b6c901"],
      cuts: [
        {
          name: "s1",
          complete: true,
          images: [
            { imageId: "ac4ed5b6c901", number: 194 },
            { imageId: "ac506e991225", number: 195 },
          ],
        },
      ],
    });
  });

  it("is refused when it ends too early or has an encoding of which this driver knows nothing", () => {
    const omap = decodeOmap(printed);
    const value = omap.get("snapshot_ac6a6b8b4567") ?? Buffer.alloc(0);
    const newer = Buffer.from(value);
    newer[1] = 2;
    for (const broken of [value.subarray(0, 40), newer]) {
      expect(() => decodeGroup(new Map([["snapshot_ac6a6b8b4567", broken]]))).toThrow(CommandFailure);
    }
  });

  it("is named by an image's header", () => {
    const value = "01 01 18 00 00 00 01 00 00 00 00 00 00 00 0c 00 00 00 61 63 62 30 36 62 38 62 34 35 36 37";
    expect(decodeGroupRef(Buffer.from(value.replaceAll(" ", ""), "hex"))).toBe("acb06b8b4567");
  });

  it("is empty for an omap without anything", () => {
    expect(decodeOmap("")).toEqual(new Map());
    expect(decodeOmap("k\nvalue (0 bytes) :\n\n")).toEqual(new Map([["k", Buffer.alloc(0)]]));
  });
});

describe("ids of groups and of their snapshots", () => {
  const groupKey = newKey("a name");
  const cutKey = newKey("another");

  it("are read back in their own place only, and are at most 128 bytes", () => {
    const [group, cut] = [groupIdOf(place, groupKey), cutIdOf(place, { groupKey, cutKey })];
    expect(Math.max(group.length, cut.length)).toBeLessThanOrEqual(128);
    expect(groupKeyIn(place, group)).toBe(groupKey);
    expect(cutKeysIn(place, cut)).toEqual({ groupKey, cutKey });
    const elsewhere = { ...place, poolId: 7 };
    expect([groupKeyIn(elsewhere, group), cutKeysIn(elsewhere, cut)]).toEqual([undefined, undefined]);
    for (const odd of ["", "x", `${group}x`, cut]) expect(groupKeyIn(place, groupId(odd))).toBeUndefined();
    for (const odd of ["", "x", `${cut}x`, group]) expect(cutKeysIn(place, groupSnapshotId(odd))).toBeUndefined();
  });

  it("lead to the register in which the name stands, and are new each time", () => {
    expect(slotOfKey(groupKey)).toBe(slotOf("a name"));
    expect(newKey("a name")).not.toBe(groupKey);
    expect(cutKeysOf(cutHolder({ groupKey, cutKey }))).toEqual({ groupKey, cutKey });
  });

  it("members are a set: their order and repeats do not matter", () => {
    expect(groupHolder(groupKey, ["b", "a", "b"])).toBe(groupHolder(groupKey, ["a", "b"]));
    expect(membersHash(["a"])).not.toBe(membersHash(["a", "b"]));
  });
});
