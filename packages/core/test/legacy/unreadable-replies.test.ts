import { describe, expect, it } from "vitest";
import { fromLegacyDriver } from "../../src/legacy/from-legacy-driver.js";
import { readErrorText, writeErrorText } from "../../src/legacy/error-text.js";
import { callLegacy } from "../../src/legacy/legacy-calls.js";
import { readVolume } from "../../src/legacy/read-volume.js";
import { toLegacyDriver } from "../../src/legacy/to-legacy-driver.js";
import { isSouthboundError, SouthboundError } from "../../src/errors/southbound-error.js";
import { volumeId } from "../../src/model/ids.js";
import { GiB, MiB } from "../../src/model/size.js";
import { containing, contextOf } from "./call-context.js";
import { createFakeDriver } from "./fake-driver.js";

const good = { id: "1", name: "a", status: "available", size: 1 };

/** The error of getting a volume from a driver whose `GetVolume` answers this. */
async function getting(reply: unknown): Promise<unknown> {
  const answers = { GetVolume: () => reply };
  const legacy = { ...toLegacyDriver(createFakeDriver()), GetAllVolumes: () => Promise.resolve(["[]", null] as const) };
  const backend = await fromLegacyDriver(Object.assign(legacy, answers), { kind: "old", sizeUnit: "MiB" }).connect({}, contextOf("setup"));
  return backend.getVolume({ id: volumeId("1") }, contextOf("getVolume")).catch((error: unknown) => error);
}

describe("replies that do not parse", () => {
  it.each([
    ["nothing at all", undefined, "no pair"],
    ["a bare string", "{}", "no pair"],
    ["a result that is no string", [{ id: "1" }, null], "no string"],
    ["an empty result", ["", null], "empty"],
    ["a sentence", ["volume found", null], "not JSON"],
    ["half a reply", ['{"id":"1"', null], "not JSON"],
    ["null", ["null", null], "object with id"],
    ["a list", ["[]", null], "object with id"],
    ["no id", [JSON.stringify({ ...good, id: undefined }), null], "no id"],
    ["an empty id", [JSON.stringify({ ...good, id: "" }), null], "no id"],
    ["an id that is a number", [JSON.stringify({ ...good, id: 7 }), null], "its id"],
    ["an id with a space", [JSON.stringify({ ...good, id: "a b" }), null], "its id"],
    ["another volume", [JSON.stringify({ ...good, id: "2" }), null], "another volume"],
    ["no size", [JSON.stringify({ ...good, size: undefined }), null], "size is missing"],
    ["a size in words", [JSON.stringify({ ...good, size: "1" }), null], 'the string "1"'],
    ["a negative size", [JSON.stringify({ ...good, size: -1 }), null], "-1"],
    ["half a unit", [JSON.stringify({ ...good, size: 0.5 }), null], "0.5"],
    ["an endless size", ['{"id":"1","size":1e999}', null], "Infinity"],
    ["a size in another unit", [JSON.stringify({ ...good, size_bytes: GiB }), null], "do not belong together"],
    ["a status that is a number", [JSON.stringify({ ...good, status: 3 }), null], "status is"],
    ["a name that is a list", [JSON.stringify({ ...good, name: [] }), null], "name is a list"],
    ["attachments that are none", [JSON.stringify({ ...good, attachments: {} }), null], "attachments is"],
  ])("refuses %s", async (_what, reply, words) => {
    expect(await getting(reply)).toMatchObject({
      code: "INTERNAL",
      reason: "legacy-reply-unreadable",
      message: containing("GetVolume: "),
      details: { function: "GetVolume", problem: containing(words) },
    });
  });

  it("quotes the beginning of the reply and no secret", async () => {
    const reply = JSON.stringify({ volume: good, password: "hunter2", rest: "x".repeat(200) });
    const error = await getting([reply, null]);
    expect(error).toMatchObject({ message: containing('it begins with "{\\"volume\\":') });
    expect(JSON.stringify(error)).not.toContain("hunter2");
    expect(isSouthboundError(error) && error.message.length).toBeLessThan(220);
  });

  it("names the volume of a list that does not parse", async () => {
    const list = JSON.stringify([good, { ...good, id: "2", size: "big", chap_password: "hunter2" }]);
    const legacy = { ...toLegacyDriver(createFakeDriver()), Setup: () => Promise.resolve(["", null] as const), GetAllVolumes: () => Promise.resolve([list, null] as const) };
    const setup = fromLegacyDriver(legacy, { kind: "old", sizeUnit: "MiB" }).connect({}, contextOf("setup"));
    await expect(setup).rejects.toMatchObject({ reason: "legacy-reply-unreadable", message: containing("volume 2 of 2: size is") });
    await expect(setup).rejects.not.toMatchObject({ message: containing("hunter2") });
  });

  it("takes what Go leaves out, and sizes that nobody knows", () => {
    expect(readVolume({ id: "1", size: 1 }, MiB)).toMatchObject({ volume: { name: "", state: "unknown", sizeBytes: MiB }, attached: false });
    expect(readVolume({ ...good, size: 0 }, MiB)).toMatchObject({ volume: { sizeBytes: null, stateReason: containing("0") } });
    expect(readVolume({ ...good, size: null }, MiB)).toMatchObject({ volume: { sizeBytes: null } });
    expect(readVolume({ ...good, size: 2 ** 40 }, GiB)).toMatchObject({ volume: { sizeBytes: null } });
    expect(readVolume({ ...good, created_at: "2017-02-11T14:08:17.000000" }, MiB)).toMatchObject({ volume: { createdAt: "2017-02-11T14:08:17.000Z" } });
  });
});

describe("error strings", () => {
  const failing = (error: unknown) => callLegacy(contextOf("createVolume"), "CreateVolume", () => ["{}", error]).catch((thrown: unknown) => thrown);

  it("win over a result that came with them", async () => {
    expect(await failing("boom")).toMatchObject({ code: "INTERNAL", reason: "legacy-error", message: 'CreateVolume: "boom"', operation: "createVolume" });
  });

  it.each([
    ["rbd: ret=-28", "RESOURCE_EXHAUSTED", "backend-full"],
    ["rbd: ret=-28, No space left on device", "RESOURCE_EXHAUSTED", "backend-full"],
    ["rbd: ret=-16", "FAILED_PRECONDITION", "volume-in-use"],
    ["rbd: ret=-1", "PERMISSION_DENIED", "permission-denied"],
    ["rbd: ret=-110", "UNAVAILABLE", "backend-unreachable"],
    ["RBD image not found", "INTERNAL", "legacy-error"],
    ["Error: response == 413 over limit", "RESOURCE_EXHAUSTED", "backend-full"],
    ["Error: response == 403 forbidden", "PERMISSION_DENIED", "permission-denied"],
    ["dial tcp 1.2.3.4:8776: i/o timeout", "UNAVAILABLE", "backend-unreachable"],
    ["keyring not found", "INTERNAL", "legacy-error"],
    ["rbd: ret=-17", "INTERNAL", "legacy-error"],
  ])("%s is %s %s", async (text, code, reason) => {
    expect(await failing(text)).toMatchObject({ code, reason });
  });

  it("may be known to whoever lifts the driver", () => {
    const known = [{ text: /^QUOTA/, code: "RESOURCE_EXHAUSTED", reason: "quota-exceeded" }] as const;
    expect(readErrorText("QUOTA 7", known)).toMatchObject({ reason: "quota-exceeded" });
  });

  it("become INTERNAL where the operation may not end with their code", async () => {
    const text = writeErrorText(new SouthboundError("NOT_FOUND", "volume-not-found", "gone"));
    const error = await callLegacy(contextOf("deleteVolume"), "DeleteVolume", () => ["", text]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "INTERNAL", reason: "legacy-error", message: containing("NOT_FOUND") });
  });

  it("hold no secret when they come out", async () => {
    const error = await failing("POST https://admin:hunter2@k/v3 password=hunter2");
    expect(JSON.stringify(error)).not.toContain("hunter2");
  });

  it("may be thrown, or be errors", async () => {
    const thrown = callLegacy(contextOf("getVolume"), "GetVolume", () => Promise.reject(new Error("panic: nil map")));
    await expect(thrown).rejects.toMatchObject({ message: 'GetVolume: "panic: nil map"' });
    expect(await failing(new Error("rbd: ret=-28"))).toMatchObject({ code: "RESOURCE_EXHAUSTED" });
    const southbound = new SouthboundError("OUT_OF_RANGE", "size-out-of-range", "too big", { outcome: "none" });
    expect(await failing(southbound)).toMatchObject({ code: "OUT_OF_RANGE", reason: "size-out-of-range", outcome: "none" });
  });

  it("survive being written and read", () => {
    const error = new SouthboundError("RESOURCE_EXHAUSTED", "quota-exceeded", "quota volumes: 10 of 10", {
      recovery: "operator",
      outcome: "none",
      resource: "a",
      details: { quota: "volumes", limit: 10 },
      cause: new Error("beneath"),
    });
    const { code, reason, message, recovery, outcome, resource, details } = error;
    expect(readErrorText(writeErrorText(error))).toEqual({ code, reason, message, info: { recovery, outcome, resource, details } });
    expect(writeErrorText(error)).not.toContain("beneath");
  });
});
