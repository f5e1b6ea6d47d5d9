import { attachmentId, secret } from "@opensds/core";
import { keepForAdmins } from "@opensds/lab";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { afterEach, describe, expect, it } from "vitest";
import { failureOf } from "./failure-of.js";
import { labDrivers } from "./live/drivers.js";
import { labOptions } from "./live/lab.js";
import { outsider } from "./live/raw.js";

const prefix = `rights-${process.pid}-`;
const capacity = { requiredBytes: 1 };

const driverOf = labDrivers();
afterEach(() => keepForAdmins([]));

describe("what a cloud's policy keeps for administrators", () => {
  it("is PERMISSION_DENIED for a member, naming the policy, and changes nothing; an administrator may do it", async () => {
    const [member, admin] = [await driverOf(), await driverOf("cinder-admin")];
    const [theirs, ours] = [await member.createVolume({ name: `${prefix}member`, capacity }), await admin.createVolume({ name: `${prefix}admin`, capacity })];
    // Snapshots' names are taken under a lock that is a volume: the project has it once it has had a snapshot.
    const first = await member.snapshots?.createSnapshot({ name: `${prefix}first`, sourceVolumeId: theirs.id });
    if (first !== undefined) await member.snapshots?.deleteSnapshot({ id: first.id });
    await keepForAdmins(["volume:extend", "volume:create", "volume:create_snapshot"]);
    const grown = { requiredBytes: 2 ** 31 };
    const refused = [
      ["volume:extend", () => member.expansion?.expandVolume({ id: theirs.id, capacity: grown })],
      ["volume:create", () => member.createVolume({ name: `${prefix}never`, capacity })],
      ["volume:create_snapshot", () => member.snapshots?.createSnapshot({ name: `${prefix}never`, sourceVolumeId: theirs.id })],
    ] as const;
    for (const [policy, call] of refused) {
      const failure = await failureOf(call() ?? Promise.resolve());
      expect(failure, policy).toMatchObject({ code: "PERMISSION_DENIED", reason: "permission-denied", outcome: "none", details: { policy } });
      expect(failure.message).toContain(policy);
    }
    expect((await admin.expansion?.expandVolume({ id: ours.id, capacity: grown }))?.volume.sizeBytes).toBe(2 ** 31);
    await keepForAdmins([]);
    expect(await member.getVolume({ id: theirs.id })).toMatchObject({ sizeBytes: 2 ** 30, state: "available" });
    expect((await failureOf(member.getVolume({ name: `${prefix}never` }))).code).toBe("NOT_FOUND");
    await member.deleteVolume({ id: theirs.id });
    await admin.deleteVolume({ id: ours.id });
  });
});

describe("an attachment that a server's cloud keeps from its users (CVE-2023-2088)", () => {
  it("is removed with a service user's token, and not without", async () => {
    const cloud = await outsider();
    const files = dirname(labOptions().cloudsFile ?? "");
    const { servicePassword } = v.parse(v.object({ servicePassword: v.string() }), JSON.parse(readFileSync(join(files, "state.json"), "utf8")));
    const serviceAuth = { type: "password", authUrl: cloud.authUrl, username: "cinder", userDomainId: "default", projectName: "service", projectDomainId: "default", password: secret(servicePassword) } as const;
    const [plain, serving] = [await driverOf(), await driverOf("cinder", { serviceAuth })];
    const { id } = await plain.createVolume({ name: `${prefix}server`, capacity });
    const connector = { host: "compute-1", platform: "x86_64", os_type: "linux", multipath: false };
    const body = { attachment: { volume_uuid: id, instance_uuid: "c0ffee00-0000-4000-8000-000000000001", connector } };
    const { attachment } = v.parse(v.object({ attachment: v.object({ id: v.string() }) }), await cloud.cinder("POST", "/attachments", body));
    const request = { attachmentId: attachmentId(attachment.id), volumeId: id };
    const refused = await failureOf(plain.disconnectVolume(request));
    expect(refused.code).toBe("INTERNAL");
    expect(JSON.stringify(refused)).not.toContain(servicePassword);
    await serving.disconnectVolume(request);
    await plain.deleteVolume({ id });
  });
});
