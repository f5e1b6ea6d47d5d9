import { requireFacets, type Backends } from "@opensds/core";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { failureOf } from "./failure-of.js";
import { openLab } from "./live/lab.js";
import { outsider, type Outsider } from "./live/raw.js";

const prefix = `limits-${process.pid}-`;
const idShape = v.object({ id: v.string() });

describe("limits", () => {
  let admin: Outsider;
  let backends: Backends;
  const made: string[] = [];
  beforeAll(async () => {
    admin = await outsider("lab-admin");
    const specs = { consumer: "back-end", total_iops_sec: "500" };
    const { qos_specs: qos } = v.parse(v.object({ qos_specs: idShape }), await admin.cinder("POST", "/qos-specs", { qos_specs: { name: prefix, ...specs } }));
    const type = { name: `${prefix}slow`, extra_specs: { volume_backend_name: "rbd" } };
    const { volume_type: slow } = v.parse(v.object({ volume_type: idShape }), await admin.cinder("POST", "/types", { volume_type: type }));
    await admin.cinder("GET", `/qos-specs/${qos.id}/associate?vol_type_id=${slow.id}`);
    made.push(`/types/${slow.id}`, `/qos-specs/${qos.id}?force=true`);
    backends = await openLab("cinder", { qosTypes: { [`${prefix}slow`]: { iops: 500 } } });
    await backends.setup();
  });
  afterAll(async () => {
    await backends.unset();
    for (const path of made) await admin.cinder("DELETE", path);
  });

  it("are set and lifted by a member of the project, by the types that the operator made", async () => {
    const driver = requireFacets(backends.get("cloud"), "qos");
    const { id } = await driver.createVolume({ name: `${prefix}limited`, capacity: { requiredBytes: 1 } });
    const typeOf = async (): Promise<unknown> => v.parse(v.object({ volume: v.object({ volume_type: v.string() }) }), await (await outsider()).cinder("GET", `/volumes/${id}`)).volume.volume_type;
    expect(await driver.qos.modifyVolume({ id, qos: { iops: 500 } })).toEqual({ iops: 500 });
    expect(await typeOf()).toBe(`${prefix}slow`);
    expect(await driver.qos.getQos({ id })).toEqual({ iops: 500 });
    expect(await failureOf(driver.qos.modifyVolume({ id, qos: { iops: 499 } }))).toMatchObject({ code: "INVALID_ARGUMENT", reason: "qos-unsupported", outcome: "none" });
    expect(await driver.qos.modifyVolume({ id, qos: { iops: null } })).toEqual({});
    expect(await typeOf()).toBe("rbd");
    await driver.deleteVolume({ id });
  });
});
