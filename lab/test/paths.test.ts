import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { labPaths, socketDirectory } from "../src/paths.js";

const scratch = mkdtempSync(join(tmpdir(), "lab-paths-"));
afterAll(() => rmSync(scratch, { recursive: true }));

describe("where a lab keeps its things", () => {
  it("is .lab in the given directory", () => {
    const paths = labPaths({ root: scratch });
    expect(paths.ceph).toBe(join(scratch, ".lab", "ceph"));
    expect(paths.sockets).toBe(join(scratch, ".lab", "ceph", "run"));
  });

  it("is the same through a symbolic link, for the kernel's tables know only the real path", () => {
    const real = join(scratch, "real");
    const link = join(scratch, "link");
    mkdirSync(real);
    symlinkSync(real, link);
    expect(labPaths({ root: link })).toEqual(labPaths({ root: real }));
  });

  it("keeps sockets in a short place when the path is too long for a socket address", () => {
    const long = `/${"x".repeat(95)}`;
    expect(socketDirectory(long, "f00")).toBe("/tmp/opensds-lab-f00");
    expect(socketDirectory(`/${"x".repeat(94)}`, "f00")).toBe(`/${"x".repeat(94)}`);
    // Bytes count, not characters.
    expect(socketDirectory(`/${"ü".repeat(50)}`, "f00")).toBe("/tmp/opensds-lab-f00");
  });

  it("refuses a place that Ceph's settings cannot name, and says what to do", () => {
    const root = join(scratch, "with space");
    mkdirSync(root);
    expect(() => labPaths({ root })).toThrow(/--root DIR/u);
  });

  it("refuses a directory that is not there", () => {
    expect(() => labPaths({ root: join(scratch, "none") })).toThrow(/no directory/u);
  });
});
