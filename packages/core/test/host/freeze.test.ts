import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { AttachmentRecord, MountRecord } from "@opensds/core";
import { canAttach, memoryJournal, MiB, must, openBench, startDock, startHolder, stop, type Bench } from "./support.js";

interface Mounted {
  readonly bench: Bench;
  readonly attachment: AttachmentRecord;
  readonly mount: MountRecord;
  /** Whether a program that writes one file and flushes it comes through within half a second. */
  readonly canWrite: () => boolean;
}

async function mounted(fsType: "ext4" | "xfs" = "ext4"): Promise<Mounted> {
  const bench = await openBench();
  const attachment = await bench.host.attach(await bench.fileVolume("a", fsType === "xfs" ? 512 * MiB : 64 * MiB), "test");
  const directory = await bench.mountPoint("m");
  const mount = await bench.host.mount({ attachment, directory, fsType }, memoryJournal());
  // Whatever a failing test leaves frozen would stop the tidying up.
  onTestFinished(() => void spawnSync("fsfreeze", ["--unfreeze", directory]));
  const canWrite = (): boolean => comesThrough("dd", "if=/dev/zero", `of=${directory}/probe`, "bs=4k", "count=1", "conv=fsync", "status=none");
  return { bench, attachment, mount, canWrite };
}

/** Whether a program ends well within half a second. One that waits for a thaw cannot be killed before, so nothing of it is waited for. */
const comesThrough = (...command: string[]): boolean => spawnSync("timeout", ["-s", "KILL", "0.5", ...command], { stdio: "ignore" }).status === 0;

async function tidy({ bench, mount, attachment }: Mounted): Promise<void> {
  // A killed writer's last child, or a probe that waited for the thaw, may need a moment to be gone.
  await vi.waitFor(() => bench.host.unmount(mount), { timeout: 5_000 });
  await bench.host.detach(attachment);
  expect(must("find", bench.runtimeDir, "-type", "f")).toBe("");
}

/** The helpers that freeze a directory, by their arguments. */
const helpers = (directory: string): readonly number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return argv[0] === "sh" && argv[4] === directory;
      } catch {
        return false;
      }
    })
    .map(Number);

describe.skipIf(!canAttach)("freezing a mounted file system", { timeout: 60_000 }, () => {
  it.each(["ext4", "xfs"] as const)("stops the writers of an %s while the steps run, and only then", async (fsType) => {
    const all = await mounted(fsType);
    const { bench, attachment, mount, canWrite } = all;
    const script = `i=0; echo ready; while :; do i=$((i+1)); echo $i > '${mount.directory}/count'; sync '${mount.directory}/count'; done`;
    const writer = await startHolder("sh", "-c", script);
    const count = (): number => Number(readFileSync(join(mount.directory, "count"), "utf8"));
    await expect.poll(count).toBeGreaterThan(0);
    const seen = await bench.host.frozen([attachment], { timeoutMs: 20_000 }, {}, async () => {
      const before = count();
      await sleep(300);
      expect(canWrite()).toBe(false);
      // What is on the device now is what a snapshot would hold: complete without a look at the journal.
      if (fsType === "ext4") must("e2fsck", "-f", "-n", attachment.device?.path ?? "");
      return [before, count()];
    });
    expect(seen[0]).toBe(seen[1]);
    await expect.poll(count).toBeGreaterThan(seen[1] ?? 0);
    expect(canWrite()).toBe(true);
    await stop(writer);
    await tidy(all);
  });

  it("thaws when the steps fail, with their own error", async () => {
    const all = await mounted();
    const failure = new Error("mine");
    const failed = all.bench.host.frozen([all.attachment], { timeoutMs: 20_000 }, {}, () => Promise.reject(failure));
    await expect(failed).rejects.toMatchObject({ cause: failure });
    expect(all.canWrite()).toBe(true);
    await tidy(all);
  });

  it("thaws in time when the steps hang and ignore their signal, and says that it did", async () => {
    const all = await mounted();
    const told: unknown[] = [];
    const start = performance.now();
    const hanging = all.bench.host.frozen([all.attachment], { timeoutMs: 400 }, {}, (signal) => {
      signal.addEventListener("abort", () => told.push(signal.reason));
      return new Promise(() => undefined);
    });
    await expect(hanging).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED", reason: "freeze-ended", outcome: "unknown", recovery: "fix-request" });
    expect(performance.now() - start).toBeLessThan(3_000);
    expect(told).toMatchObject([{ reason: "freeze-ended" }]);
    expect(all.canWrite()).toBe(true);
    await tidy(all);
  });

  it("does not pass off what was done after the thaw as frozen", async () => {
    const all = await mounted();
    // This process is busy while the helper's time runs out: it hears of the thaw only after the steps have ended.
    const late = all.bench.host.frozen([all.attachment], { timeoutMs: 300 }, {}, () => {
      spawnSync("sleep", ["0.8"]);
      return Promise.resolve("cut");
    });
    await expect(late).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED", reason: "freeze-ended" });
    await tidy(all);
  });

  it("thaws when the call is cancelled", async () => {
    const all = await mounted();
    const controller = new AbortController();
    const cancelled = all.bench.host.frozen([all.attachment], { timeoutMs: 20_000 }, { signal: controller.signal }, () => {
      controller.abort();
      return new Promise(() => undefined);
    });
    await expect(cancelled).rejects.toMatchObject({ code: "CANCELLED" });
    await expect.poll(() => helpers(all.mount.directory)).toEqual([]);
    expect(all.canWrite()).toBe(true);
    await tidy(all);
  });

  it("leaves nothing frozen when the dock is killed, at whatever step", async () => {
    const all = await mounted();
    const { bench, attachment, canWrite } = all;
    const argument = { record: attachment, timeoutMs: 30_000 };
    const dock = startDock({ runtimeDir: bench.runtimeDir, operation: "freeze", argument });
    await new Promise((resolve) => dock.child.stdout?.once("data", resolve));
    expect(canWrite()).toBe(false);
    dock.child.kill("SIGKILL");
    await dock.ended;
    await expect.poll(canWrite, { timeout: 3_000 }).toBe(true);
    await startDock({ runtimeDir: bench.runtimeDir, operation: "freeze", argument, dieAtStep: 0 }).ended;
    expect(canWrite()).toBe(true);
    expect(await bench.host.frozen([attachment], { timeoutMs: 5_000 }, {}, () => Promise.resolve("again"))).toBe("again");
    await tidy(all);
  });

  it("thaws itself when its helper is killed", async () => {
    const all = await mounted();
    const frozen = all.bench.host.frozen([all.attachment], { timeoutMs: 20_000 }, {}, () => {
      for (const pid of helpers(all.mount.directory)) process.kill(pid, "SIGKILL");
      return new Promise(() => undefined);
    });
    await expect(frozen).rejects.toMatchObject({ reason: "freeze-ended" });
    expect(all.canWrite()).toBe(true);
    await tidy(all);
  });

  it.each(["unmount", "freeze"] as const)("mends by the next %s what dock and helper left that were killed together", async (next) => {
    const all = await mounted();
    const { bench, attachment, mount, canWrite } = all;
    const dock = startDock({ runtimeDir: bench.runtimeDir, operation: "freeze", argument: { record: attachment, timeoutMs: 30_000 } });
    await new Promise((resolve) => dock.child.stdout?.once("data", resolve));
    const [helper] = helpers(mount.directory);
    dock.child.kill("SIGSTOP");
    must("kill", "-KILL", String(helper ?? 0), ...readdirSync("/proc").filter((pid) => isBelow(pid, helper)), String(dock.child.pid ?? 0));
    await dock.ended;
    expect(canWrite()).toBe(false);
    if (next === "freeze") {
      await bench.host.frozen([attachment], { timeoutMs: 5_000 }, {}, () => Promise.resolve());
      expect(canWrite()).toBe(true);
    }
    await tidy(all);
  });

  it("says so when somebody else has frozen it, and does not thaw that", async () => {
    const all = await mounted();
    must("fsfreeze", "--freeze", all.mount.directory);
    let ran = false;
    const refused = all.bench.host.frozen([all.attachment], { timeoutMs: 5_000 }, {}, () => {
      ran = true;
      return Promise.resolve();
    });
    await expect(refused).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "freeze-failed", outcome: "none" });
    await expect(refused).rejects.toThrow("frozen already");
    expect([ran, all.canWrite()]).toEqual([false, false]);
    must("fsfreeze", "--unfreeze", all.mount.directory);
    await tidy(all);
  });

  it("reaches a mount of another mount namespace", async () => {
    const bench = await openBench();
    const attachment = await bench.host.attach(await bench.fileVolume("a"), "test");
    must("mkfs.ext4", "-q", attachment.device?.path ?? "");
    const directory = await bench.mountPoint("m");
    const holder = await startHolder("unshare", "-m", "sh", "-c", `mount '${attachment.device?.path ?? ""}' '${directory}' && echo ready; read line`);
    const inside = `/proc/${holder.pid ?? 0}/root${directory}`;
    onTestFinished(() => void spawnSync("fsfreeze", ["--unfreeze", inside]));
    await bench.host.frozen([attachment], { timeoutMs: 5_000 }, {}, () => {
      expect(comesThrough("touch", `${inside}/probe`)).toBe(false);
      return Promise.resolve();
    });
    expect(comesThrough("touch", `${inside}/probe`)).toBe(true);
    await stop(holder);
    await bench.host.detach(attachment);
  });

  it("freezes nothing where nothing is mounted for writing", async () => {
    const { bench, attachment, mount } = await mounted();
    await bench.host.unmount(mount);
    const run = (): Promise<string> => bench.host.frozen([attachment], { timeoutMs: 5_000 }, {}, () => Promise.resolve("ran"));
    expect(await run()).toBe("ran");
    const reading = await bench.host.mount({ attachment, directory: mount.directory, readOnly: true }, memoryJournal());
    expect(await run()).toBe("ran");
    await bench.host.unmount(reading);
    expect(await bench.host.frozen([{ ...attachment, device: null }], { timeoutMs: 5_000 }, {}, () => Promise.resolve("ran"))).toBe("ran");
    await bench.host.detach(attachment);
  });
});

const isBelow = (pid: string, parent: number | undefined): boolean => {
  if (!/^\d+$/.test(pid)) return false;
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ")[1] === String(parent);
  } catch {
    return false;
  }
};
