import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startVm, type Vm } from "../src/index.js";
import { labProcesses } from "../src/processes.js";

describe("the virtual machine", () => {
  let vm: Vm;
  beforeAll(async () => {
    vm = await startVm();
  });
  afterAll(async () => {
    await vm.stop();
    expect(existsSync(vm.directory)).toBe(false);
    await expect(vm.run("true")).rejects.toThrow("has ended");
  });

  it("runs scripts side by side, and gives their output and exit codes apart", async () => {
    const all = await Promise.all([vm.run("echo out; echo err >&2; exit 7"), vm.run("id -u; hostname")]);
    expect(all).toEqual([
      { exitCode: 7, stdout: "out\n", stderr: "err\n", timedOut: false },
      { exitCode: 0, stdout: "0\nlab-vm\n", stderr: "", timedOut: false },
    ]);
  });

  it("ends a script whose time is up, and takes the next", async () => {
    expect(await vm.run("echo begun; sleep 100", { timeoutMs: 1_000 })).toMatchObject({ stdout: "begun\n", timedOut: true });
    expect(await vm.run("exit 0")).toMatchObject({ exitCode: 0, timedOut: false });
  });

  it("keeps the host's time", async () => {
    const begin = performance.now();
    const { stdout } = await vm.run("cut -d. -f1 /proc/uptime; sleep 3; cut -d. -f1 /proc/uptime");
    const [before = 0, after = 0] = stdout.trim().split("\n").map(Number);
    expect(performance.now() - begin).toBeGreaterThan(2_900);
    expect(after - before).toBeGreaterThanOrEqual(3);
  });

  it("has a kernel with what this host's may lack, and the host's programs", async () => {
    const { exitCode, stderr, stdout } = await vm.run(
      "set -e; for m in rbd nbd loop iscsi_tcp target_core_mod nvme_tcp nvmet_tcp dm_multipath; do modprobe $m; done; node --version",
      { timeoutMs: 120_000 },
    );
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    expect(stdout.trim()).toBe(process.version);
  });

  it("shares one directory with the host, and writes nothing of the host's elsewhere", async () => {
    writeFileSync(join(vm.directory, "from-host"), "hello");
    const mark = `/etc/lab-vm-mark-${process.pid}`;
    const result = await vm.run(`cat ${vm.directory}/from-host; echo back >${vm.directory}/from-guest; echo x >${mark}; cat ${mark}`);
    expect(result).toMatchObject({ exitCode: 0, stdout: "hellox\n" });
    expect(existsSync(join(vm.directory, "from-guest"))).toBe(true);
    expect(existsSync(mark)).toBe(false);
  });

  it("is gone with its owner, also when that is killed", async () => {
    const script = `import { startVm } from ${JSON.stringify(fileURLToPath(new URL("../src/index.ts", import.meta.url)))};
      console.log((await startVm()).directory); setInterval(() => undefined, 1000);`;
    const owner = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", script], { stdio: ["ignore", "pipe", "inherit"] });
    const [text] = (await once(owner.stdout, "data")) as [Buffer];
    const mine = text.toString().trim();
    expect(existsSync(mine)).toBe(true);
    const running = (): boolean => labProcesses(mine).length > 0;
    expect(running()).toBe(true);
    owner.kill("SIGKILL");
    await once(owner, "exit");
    await expect.poll(running, { timeout: 5_000 }).toBe(false);
  });
});
