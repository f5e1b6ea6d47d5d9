import { describe, expect, it } from "vitest";
import { openBackends } from "../../src/backends/open-backends.js";
import { plain as fake, refusal, testFolder } from "./support.js";

const folder = testFolder();
const file = (text: string): Promise<string> => folder.write(text);

describe("openBackends", () => {
  it("keeps several backends of one kind side by side, and does no storage I/O", async () => {
    const path = await file("backends:\n  ssd: { fake_driver: { pool: a } }\n  archive: { fake_driver: { pool: b } }\n");
    const backends = await openBackends(path, { drivers: [fake] });
    expect(backends.names).toEqual(["ssd", "archive"]);
    expect(backends.get("ssd").kind).toBe("fake");
    await expect(backends.get("archive").setup()).rejects.toMatchObject({ code: "UNAVAILABLE", backend: "archive", operation: "setup" });
  });

  it("refuses operations before setup", async () => {
    const backends = await openBackends({ backends: { a: { fake_driver: { pool: "p" } } } }, { drivers: [fake] });
    const driver = backends.get("a");
    const refused = { code: "FAILED_PRECONDITION", reason: "not-set-up" };
    await expect(driver.createVolume({ name: "x", capacity: { requiredBytes: 1 } })).rejects.toMatchObject(refused);
    await expect(driver.listVolumes()[Symbol.asyncIterator]().next()).rejects.toMatchObject(refused);
    expect(() => driver.manifest).toThrow("call setup()");
  });

  it("names an unknown backend and the nearest known one", async () => {
    const backends = await openBackends({ backends: { archive: { fake_driver: { pool: "p" } } } }, { drivers: [fake] });
    expect(() => backends.get("archiv")).toThrow('did you mean "archive"');
  });

  it("refuses a driver of another contract and says what to do", async () => {
    const old = { ...fake, contract: "9.9" };
    const open = openBackends({ backends: { a: { fake_driver: { pool: "p" } } } }, { drivers: [old] });
    await expect(open).rejects.toThrow(
      "the package of the driver fake was written for contract 9.9, and this @opensds/core speaks 0.1: update @opensds/core to a version that speaks 9.9",
    );
    const older = await refusal({ backends: { a: { fake_driver: { pool: "p" } } } }, { drivers: [{ ...fake, contract: "0.0" }] });
    expect(older).toContain("update the driver to a version for 0.1");
  });
});
