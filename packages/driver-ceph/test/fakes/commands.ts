import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach } from "vitest";

/** Commands that a test puts before all others, anew for each test of a block. */
export interface FakeCommands {
  /** Where they are; the script of one may keep things here. */
  readonly directory: () => string;
  /** Where the real ones are. */
  readonly realPath: () => string;
  /** Puts a shell script in a command's place. */
  readonly put: (tool: string, script: string) => void;
}

/** Called inside `describe`: what is put there is gone after each test. */
export function fakeCommands(): FakeCommands {
  let directory = "";
  let path: string | undefined;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "driver-ceph-"));
    path = process.env["PATH"];
    process.env["PATH"] = `${directory}${delimiter}${path ?? ""}`;
  });
  afterEach(() => {
    process.env["PATH"] = path;
    rmSync(directory, { recursive: true });
  });
  return {
    directory: () => directory,
    realPath: () => path ?? "",
    put: (tool, script) => {
      writeFileSync(join(directory, tool), `#!/bin/sh\n${script}\n`);
      chmodSync(join(directory, tool), 0o755);
    },
  };
}
