import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SouthboundError, silentLogger, type CallContext, type RbdConnectionInfo } from "@opensds/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { endStorageDaemons, startStorageDaemon } from "../../src/host/connectors/storage-daemon.js";
import { plainImage } from "./known-image.js";

const info: RbdConnectionInfo = { ...plainImage, methods: ["fuse-loop"] };
/** Longer than a child that was told to end usually has. */
const opensForMs = 1_500;

function context(remainingMs: number, signal = new AbortController().signal): CallContext {
  return {
    operation: "attachVolume",
    signal,
    remainingMs: () => remainingMs,
    fail: (code, reason, message, more) => new SouthboundError(code, reason, message, { ...more, operation: "attachVolume" }),
    step: () => Promise.resolve(),
    log: silentLogger,
  };
}

// A script in its place: as QEMU's, it hears that it shall end only when it has opened its image.
describe.runIf(process.platform === "linux")("a storage daemon that is still opening its image", () => {
  let directory: string;
  let image: string;
  let program: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "opensds-daemon-"));
    image = join(directory, "image");
    program = join(directory, "qemu-storage-daemon");
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(directory, { recursive: true });
  });
  const log = (): Promise<string> => readFile(`${program}.log`, "utf8");
  const write = (forMs: number): Promise<void> => {
    const lines = ["#!/bin/sh", "trap 'asked=1' TERM", 'echo open >> "$0.log"', "tenths=0"];
    const wait = `while [ $tenths -lt ${forMs / 100} ]; do sleep 0.1; tenths=$((tenths + 1)); done`;
    return writeFile(program, [...lines, wait, '[ -z "$asked" ] || echo closed >> "$0.log"', ""].join("\n"), { mode: 0o700 });
  };
  const opened = async (): Promise<void> => {
    while (!existsSync(`${program}.log`)) await sleep(5);
  };
  /** One that a dock has left behind. */
  const left = async (): Promise<void> => {
    spawn(program, [`{"mountpoint":${JSON.stringify(image)}}`], { stdio: "ignore" }).unref();
    await opened();
  };

  it("is asked to end, and closes what it has opened", async () => {
    await write(opensForMs);
    await left();
    await endStorageDaemons(image, context(60_000));
    expect(await log()).toBe("open\nclosed\n");
  });

  it("is killed when half of the call's time is over", async () => {
    await write(60_000);
    await left();
    await endStorageDaemons(image, context(600));
    expect(await log()).toBe("open\n");
  });

  it("goes on to close it where the call that starts it is cancelled", async () => {
    await write(opensForMs);
    vi.stubEnv("PATH", `${directory}:${process.env["PATH"] ?? ""}`);
    const caller = new AbortController();
    const starting = startStorageDaemon(info, { conf: "/etc/ceph/ceph.conf", image }, false, context(60_000, caller.signal));
    await opened();
    caller.abort(new Error("cancelled"));
    await expect(starting).rejects.toThrow("cancelled");
    expect(await log()).toBe("open\nclosed\n");
  });
});
