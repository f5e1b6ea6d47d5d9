import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { acquireLock, lockAddress } from "../src/lock.js";

const name = `test-${process.pid}`;

describe("the lock of a lab", () => {
  it("lets one in at a time, and tells who waits what he waits for", async () => {
    const first = await acquireLock(name, { purpose: "first" });
    const holders: string[] = [];
    let entered = false;
    const second = acquireLock(name, { purpose: "second", onWait: (holder) => holders.push(holder) }).then((lock) => {
      entered = true;
      return lock;
    });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(entered).toBe(false);
    first.release();
    (await second).release();
    expect(holders).toEqual([`first (process ${process.pid})`]);
  });

  it("does not hold up a lock of another name", async () => {
    const one = await acquireLock(`${name}-a`, { purpose: "a" });
    const other = await acquireLock(`${name}-b`, { purpose: "b" });
    one.release();
    other.release();
  });

  it("has the one address that all versions of Node understand alike", () => {
    expect(Buffer.byteLength(lockAddress("ports"))).toBe(108);
    expect(lockAddress("ports")).not.toBe(lockAddress("port"));
  });

  it("is free the moment its holder is killed", async () => {
    const holder = spawn(
      process.execPath,
      ["--import", "tsx", fileURLToPath(new URL("helpers/hold-lock.ts", import.meta.url)), `${name}-killed`],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    await once(holder.stdout, "data");
    setTimeout(() => holder.kill("SIGKILL"), 100);
    const lock = await acquireLock(`${name}-killed`, { purpose: "heir" });
    lock.release();
  });
});
