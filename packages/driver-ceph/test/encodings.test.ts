import { attachmentId, hostId, MiB, volumeId } from "@opensds/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cells, decodeAttachment, decodeRequest, encodeAttachment, encodeRequest, voidRequest } from "../src/records/cells.js";
import { imageNameOf, isOurImageName } from "../src/records/image-name.js";
import { imageNameIn, tokenAfter } from "../src/volumes/list-token.js";
import { decodeTrash } from "../src/transport/decode-trash.js";
import { imageIdIn, volumeIdOf } from "../src/records/volume-id.js";

const volumeName = fc.string({ unit: "binary", minLength: 1, maxLength: 128 }).filter((name) => Buffer.byteLength(name) <= 128 && Buffer.from(name).toString() === name);
const locker = (description: string) => ({ entity: "client.1", cookie: "c", description });

describe("image names", () => {
  it("keeps plain names readable and escapes the rest", () => {
    expect(imageNameOf("db-1.data")).toBe("opensds.db-1.data");
    expect(imageNameOf("--help")).toBe("opensds.--help");
    expect(imageNameOf("../a b@é~")).toBe("opensds...~2fa~20b~40~c3~a9~7e");
  });

  it("takes a hash where the readable form is too long", () => {
    expect(imageNameOf("n".repeat(88))).toHaveLength(96);
    expect(imageNameOf("n".repeat(89))).toMatch(/^opensds~[0-9a-f]{64}$/);
  });

  it("is safe and at most 96 bytes long for every name, and ours to recognise", () => {
    fc.assert(
      fc.property(volumeName, (name) => {
        expect(imageNameOf(name)).toMatch(/^opensds[.~][A-Za-z0-9._~-]{1,88}$/);
        expect(isOurImageName(imageNameOf(name))).toBe(true);
      }),
    );
  });

  it("gives different names different images", () => {
    fc.assert(fc.property(volumeName, volumeName, (a, b) => (imageNameOf(a) === imageNameOf(b)) === (a === b)));
  });
});

describe("volume ids", () => {
  const place = { fsid: "28fea96d-f298-498a-bcdd-8eabc4798f4a", poolId: 7, namespace: "" };

  it("reads back the image id, in its own place only", () => {
    const id = volumeIdOf(place, "105d5bbe2837");
    expect(imageIdIn(place, id)).toBe("105d5bbe2837");
    expect(imageIdIn({ ...place, poolId: 8 }, id)).toBeUndefined();
    expect(imageIdIn({ ...place, namespace: "n" }, id)).toBeUndefined();
    expect(imageIdIn({ ...place, fsid: place.fsid.replace("2", "3") }, id)).toBeUndefined();
  });

  it("stays within 128 bytes", () => {
    const longest = { fsid: place.fsid, poolId: Number.MAX_SAFE_INTEGER, namespace: "ü".repeat(200) };
    expect(Buffer.byteLength(volumeIdOf(longest, "f".repeat(32)))).toBeLessThanOrEqual(128);
  });

  it.each(["", "x", "ceph1.", "ceph2.28fea96d-f298-498a-bcdd-8eabc4798f4a.7..a", "ceph1.28fea96d-f298-498a-bcdd-8eabc4798f4a.7..a/b", "ceph1.28fea96d-f298-498a-bcdd-8eabc4798f4a.7..--help"])(
    "finds nothing in %j",
    (id) => {
      expect(imageIdIn(place, volumeId(id))).toBeUndefined();
    },
  );
});

describe("list tokens", () => {
  it("reads back what it gave", () => {
    fc.assert(fc.property(volumeName, (name) => imageNameIn(tokenAfter(imageNameOf(name))) === imageNameOf(name)));
  });

  it.each(["", "x", "ceph1.", "ceph1.!!", "ceph1.b3RoZXI", "ceph2.b3BlbnNkcy54", "ceph1.b3BlbnNkcy54.x", "ceph1.b3BlbnNkcy54="])(
    "refuses %j",
    (token) => {
      expect(imageNameIn(token)).toBeUndefined();
    },
  );
});

describe("cells", () => {
  const request = {
    name: "",
    capacity: { requiredBytes: 1, limitBytes: null },
    parameters: { a: "ö" },
    sizeBytes: 1,
    createdAt: "2026-01-01T00:00:00.000Z",
  };

  it("holds any name, in ASCII", () => {
    fc.assert(
      fc.property(volumeName, (name) => {
        const text = encodeRequest({ ...request, name });
        expect(text).toMatch(/^[\x20-\x7e]+$/);
        expect(decodeRequest(locker(text))).toEqual({ ...request, name });
      }),
    );
  });

  it("says how an image is encrypted in a version that no older driver takes for a plain one", () => {
    const encryption = { format: "luks2", headerBytes: 16 * MiB } as const;
    const text = encodeRequest({ ...request, encryption });
    expect(JSON.parse(text)).toMatchObject({ v: 2, encryption });
    expect(JSON.parse(encodeRequest(request))).toMatchObject({ v: 1 });
    expect(decodeRequest(locker(text))).toEqual({ ...request, encryption });
    expect(() => decodeRequest(locker(text.replace('"v":2', '"v":3')))).toThrow("this driver reads versions 1 to 2");
    expect(() => decodeAttachment(locker('{"v":2}'))).toThrow("this driver reads version 1");
  });

  it("tells an image that never became a volume", () => {
    expect(decodeRequest(locker(voidRequest))).toBeUndefined();
  });

  it("holds an attachment", () => {
    const attachment = {
      id: attachmentId("a"),
      volumeId: volumeId("v"),
      hostId: hostId("h"),
      mode: "multi-reader",
      connector: { hostId: hostId("h"), hostName: "ö", bootId: "b" },
      attachedAt: "2026-01-01T00:00:00.000Z",
    } as const;
    const { mode, connector, attachedAt } = attachment;
    expect(decodeAttachment(locker(encodeAttachment(attachment)))).toEqual({ mode, connector, attachedAt });
  });

  it.each(["", "{", "null", "7", "{}", '{"v":2,"name":"x"}', '{"v":1,"name":"x"}'])("refuses %j in words", (text) => {
    expect(() => decodeRequest(locker(text))).toThrow(cells.request);
  });
});

describe("RBD's trash", () => {
  const entry = (id: string, ...rows: readonly string[]): string => `id_${id}\nvalue (31 bytes) :\n${rows.map((row, index) => `000000${index}0  ${row}  |...|\n`).join("")}\n`;
  const name = "02 01 19 00 00 00 00 03  00 00 00 62 72 6b b9 a6";

  it("is read from its entries, and what RBD itself keeps there is left out", () => {
    const kept = entry("a1", name, "06 6b 49 de e0 25 ff ff  ff ff 49 de e0 25 00   ");
    const due = entry("b2", name, "06 6b 49 de e0 25 b9 a6  06 6b 49 de e0 25 00   ");
    const mirrored = entry("c3", name.replace("00 00 00 00 03", "00 00 00 01 03"), "06 6b 49 de e0 25 b9 a6  06 6b 49 de e0 25 00   ");
    const deletedAt = new Date(0x6b06a6b9 * 1_000);
    expect(decodeTrash(kept + due + mirrored)).toEqual([
      { id: "a1", name: "brk", deletedAt, keptUntil: new Date(0xffffffff * 1_000) },
      { id: "b2", name: "brk", deletedAt, ...(deletedAt.getTime() > Date.now() && { keptUntil: deletedAt }) },
    ]);
    expect(decodeTrash("")).toEqual([]);
  });

  it("fails on an entry of another form, by its image", () => {
    expect(() => decodeTrash(entry("a1", "03 03 19 00 00 00 00 03  00 00 00 62 72 6b b9 a6", "06 6b 49 de e0 25 b9 a6  06 6b 49 de e0 25 00   "))).toThrow(/image a1/);
    expect(() => decodeTrash(entry("a1", name))).toThrow(/image a1/);
  });
});
