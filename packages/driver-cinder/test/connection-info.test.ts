import { isSouthboundError, SouthboundError, type CallContext } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { connectionInfoOf } from "../src/attachments/connection-info.js";
import { cinderConfig } from "../src/config.js";

const checked = await cinderConfig["~standard"].validate({ cloud: "c", ceph: [{ keyring: "/etc/ceph/k" }] });
if (checked.issues !== undefined) throw new Error("the options are wrong");
const config = checked.value;

const ctx: CallContext = {
  operation: "connectVolume",
  signal: new AbortController().signal,
  remainingMs: () => 1_000,
  fail: (code, reason, message, info) => new SouthboundError(code, reason, message, info),
  step: () => Promise.resolve(),
  log: console,
};
const told = { driver_volume_type: "rbd", name: "volumes/volume-1", hosts: ["127.0.0.1"], ports: ["6789"], auth_username: "cinder", access_mode: "rw" };
const attachment = (info: Readonly<Record<string, unknown>>) => ({ id: "a", status: "attaching", volume_id: "v", connection_info: { ...told, ...info } });

describe("what Cinder tells of a volume in Ceph", () => {
  it("is an RBD image, with the keyring of the backends file", () => {
    const info = connectionInfoOf(config, attachment({}), "single-writer", ctx);
    expect(info).toMatchObject({ protocol: "rbd", pool: "volumes", image: "volume-1", monitors: ["127.0.0.1:6789"], keyring: "/etc/ceph/k", readOnly: false });
  });

  it("is nothing to attach where the volume's type encrypts it: written to as it is, the data would be lost to whoever has the key", () => {
    const refused = (): unknown => {
      try {
        return connectionInfoOf(config, attachment({ encrypted: true }), "single-writer", ctx);
      } catch (thrown) {
        return thrown;
      }
    };
    const thrown = refused();
    expect(isSouthboundError(thrown) && [thrown.code, thrown.reason, thrown.outcome]).toEqual(["FAILED_PRECONDITION", "no-attach-method", "none"]);
    expect(String(thrown)).toContain("encrypted by its type");
  });
});
