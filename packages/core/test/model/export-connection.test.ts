import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import {
  attachmentId,
  exportConnection,
  hostId,
  importConnection,
  secret,
  volumeId,
  type Connection,
  type ConnectionInfo,
  type RbdConnectionInfo,
} from "@opensds/core";

const key = "AQD-not-a-real-key==";
const attachment = {
  id: attachmentId("a"),
  volumeId: volumeId("v"),
  hostId: hostId("h"),
  mode: "single-writer",
  connector: { hostId: hostId("h"), hostName: "host", bootId: "boot" },
  attachedAt: "2026-01-01T00:00:00.000Z",
} as const;
const rbd: RbdConnectionInfo = {
  protocol: "rbd",
  fsid: "f",
  monitors: ["[v2:127.0.0.1:3300/0]"],
  pool: "p",
  poolId: 3,
  namespace: "",
  image: "i",
  imageId: "1a",
  user: "dock",
  key: secret(key),
  encryption: { format: "luks2", headerBytes: 16_777_216, passphraseFile: "/etc/opensds/passphrase" },
  methods: ["krbd", "fuse-loop"],
  readOnly: false,
};
const connection: Connection = { attachment, info: rbd };

/** The exported text with something else at one place. */
function changed(change: (wire: Record<string, unknown> & { attachment: object; info: object }) => object): string {
  const wire: unknown = JSON.parse(exportConnection(connection));
  return JSON.stringify(change(wire as Record<string, unknown> & { attachment: object; info: object }));
}

describe("a connection that crosses a process border", () => {
  it("comes through whole, its secret included", () => {
    const { attachment: got, info } = importConnection(exportConnection(connection));
    expect(got).toEqual(attachment);
    if (info.protocol !== "rbd") throw new Error("another protocol");
    expect(info.key?.reveal()).toBe(key);
    const plain = ({ key: _, ...rest }: RbdConnectionInfo): ConnectionInfo => rest;
    expect(plain(info)).toEqual(plain(rbd));
  });

  it("comes through without a secret, and with fields that a later release adds", () => {
    const file: Connection = { attachment, info: { protocol: "file", path: "/srv/a b", readOnly: true } };
    expect(importConnection(exportConnection(file))).toEqual(file);
    expect(importConnection(changed((wire) => ({ ...wire, later: 1, info: { ...wire.info, later: 1 } }))).attachment).toEqual(attachment);
  });

  it("comes through whole in every protocol of network targets", () => {
    const networked: readonly ConnectionInfo[] = [
      { protocol: "iscsi", paths: [{ portal: "10.0.0.5:3260", iqn: "iqn.2026-01.example:a", lun: 0 }], readOnly: true },
      { protocol: "nvme-tcp", subsystem: "nqn.2026-01.example:a", portals: [{ address: "10.0.0.5", port: 4420 }], namespace: { id: 1 }, hostNqn: "nqn.h", readOnly: false },
      { protocol: "nfs", export: "10.0.0.5:/volumes", file: "volume-1", options: ["vers=4.2"], readOnly: false },
    ];
    for (const info of networked) expect(importConnection(exportConnection({ attachment, info }))).toEqual({ attachment, info });
    const paths = [{ portal: "10.0.0.5:3260", iqn: "iqn.2026-01.example:a", lun: 0 }];
    const withChap: Connection = { attachment, info: { protocol: "iscsi", paths, chap: { username: "u", password: secret(key) }, readOnly: false } };
    const { info } = importConnection(exportConnection(withChap));
    expect(info.protocol === "iscsi" && info.chap?.password.reveal()).toBe(key);
    expect(JSON.stringify(withChap) + inspect(withChap, { depth: 9 })).not.toContain(key);
  });

  it("shows its secret nowhere else", () => {
    expect(exportConnection(connection)).toContain(key);
    for (const shown of [JSON.stringify(connection), inspect(connection, { depth: 9 }), String(rbd.key)]) {
      expect(shown).not.toContain(key);
    }
    expect(JSON.stringify(connection)).toContain('"key":"[secret]"');
    const imported = importConnection(exportConnection(connection));
    expect(JSON.stringify(imported) + inspect(imported, { depth: 9 })).not.toContain(key);
  });

  const wrong: readonly (readonly [string, string, string])[] = [
    ["no JSON", exportConnection(connection).slice(0, -1), "no JSON"],
    ["another thing", JSON.stringify({ type: "attachment", version: 1 }), "type"],
    ["a later version", changed((wire) => ({ ...wire, version: 2 })), "version"],
    ["an unknown protocol", changed((wire) => ({ ...wire, info: { ...wire.info, protocol: "fibre-channel" } })), "info.protocol"],
    ["a field of another type", changed((wire) => ({ ...wire, info: { ...wire.info, poolId: key } })), "info.poolId"],
    ["an attachment without a mode", changed((wire) => ({ ...wire, attachment: { ...wire.attachment, mode: undefined } })), "attachment.mode"],
    ["null", "null", "the whole text"],
  ];
  it.each(wrong)("is refused when it is %s, and the message quotes nothing", (_, text, where) => {
    let thrown: unknown;
    try {
      importConnection(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "INVALID_ARGUMENT", reason: "bad-connection", outcome: "none" });
    expect(inspect(thrown, { depth: 9 })).toContain(where);
    expect(inspect(thrown, { depth: 9 })).not.toContain(key);
  });
});
