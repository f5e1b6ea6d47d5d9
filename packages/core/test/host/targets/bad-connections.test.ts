import { describe, expect, it } from "vitest";
import {
  attachmentId,
  secret,
  volumeId,
  type Connection,
  type ConnectionInfo,
  type IscsiConnectionInfo,
  type NfsConnectionInfo,
  type NvmeTcpConnectionInfo,
} from "@opensds/core";
import { createHost } from "@opensds/core/host";
import { scratchDirectory } from "./tree.js";

const password = "never-to-be-seen-9";
const iscsi: IscsiConnectionInfo = {
  protocol: "iscsi",
  paths: [{ portal: "[fd00::5]:3260", iqn: "iqn.2010-10.org.openstack:volume-1", lun: 0 }],
  chap: { username: "u", password: secret(password) },
  readOnly: false,
};
const nvme: NvmeTcpConnectionInfo = {
  protocol: "nvme-tcp",
  subsystem: "nqn.2014-08.org.nvmexpress:uuid:0a",
  portals: [{ address: "10.0.0.5", port: 4420 }],
  namespace: { uuid: "0a1b2c3d-0000-0000-0000-000000000001" },
  readOnly: false,
};
const nfs: NfsConnectionInfo = { protocol: "nfs", export: "10.0.0.5:/a b", file: "volume-1", options: ["vers=4.2", "nconnect=4"], readOnly: false };

/** What the host says of a connection, without changing anything. */
async function described(info: ConnectionInfo): Promise<unknown> {
  const host = createHost({ runtimeDir: await scratchDirectory() });
  const { hostId } = host;
  const connection: Connection = {
    attachment: {
      id: attachmentId("a"),
      volumeId: volumeId("v"),
      hostId,
      mode: "single-writer",
      connector: { hostId, hostName: "host", bootId: "boot" },
      attachedAt: "2026-01-01T00:00:00.000Z",
    },
    info,
  };
  return host.describe(connection, "test");
}

describe("connections to network targets", () => {
  it.each([iscsi, nvme, nfs])("are looked for on the host, and have no device before they are attached ($protocol)", async (info) => {
    expect(await described(info)).toMatchObject({ device: null });
  });

  const [path] = iscsi.paths;
  const bad: readonly (readonly [string, ConnectionInfo, string])[] = [
    ["no paths", { ...iscsi, paths: [] }, "number of paths"],
    ["a portal that is an option", { ...iscsi, paths: [{ ...iscsi.paths[0], iqn: path?.iqn ?? "", lun: 0, portal: "--logout" }] }, "portal"],
    ["a target that leads out of its directory", { ...iscsi, paths: [{ portal: "a:3260", lun: 0, iqn: "iqn.../../etc" }] }, "iqn"],
    ["a fraction of a unit", { ...iscsi, paths: [{ portal: "a:3260", iqn: path?.iqn ?? "", lun: 1.5 }] }, "lun"],
    ["a user name of two lines", { ...iscsi, chap: { username: "a\nnode.startup = automatic", password: secret(password) } }, "chap.username"],
    ["a password of two lines", { ...iscsi, chap: { username: "a", password: secret(`${password}\nb = c`) } }, "chap.password"],
    ["no portals", { ...nvme, portals: [] }, "number of portals"],
    ["a subsystem with another option in it", { ...nvme, subsystem: "nqn.a,hostnqn=nqn.b" }, "subsystem"],
    ["an address with another option in it", { ...nvme, portals: [{ address: "10.0.0.5,trsvcid=1", port: 4420 }] }, "address"],
    ["a namespace that is no UUID", { ...nvme, namespace: { uuid: "x" } }, "namespace.uuid"],
    ["a host name with another option in it", { ...nvme, hostNqn: "nqn.b,nr_io_queues=1" }, "hostNqn"],
    ["an export without a server", { ...nfs, export: "/etc" }, "export"],
    ["a file that leads out of the export", { ...nfs, file: ".." }, "file"],
    ["a file in a directory", { ...nfs, file: "a/b" }, "file"],
    ["an option that is two", { ...nfs, options: ["vers=4,suid"] }, "option"],
    ["an option that lets set-user-ID programs run", { ...nfs, options: ["suid"] }, "option"],
    ["an option that makes another kind of mount", { ...nfs, options: ["remount"] }, "option"],
  ];
  it.each(bad)("are refused with %s, which is named, and no secret with it", async (_, info, field) => {
    const error: unknown = await described(info).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "bad-connection", outcome: "none" });
    expect(JSON.stringify(error)).toContain(`the connection's ${field} is`);
    expect(JSON.stringify(error)).not.toContain(password);
  });
});
