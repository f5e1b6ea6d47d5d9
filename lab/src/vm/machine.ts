import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastLines } from "../commands.js";
import { LabError } from "../errors.js";
import { readIfThere, removeIfEmpty } from "../files.js";
import { agentScript } from "./agent.js";
import { sweepDeadMachines } from "./down.js";
import { openJobLine } from "./job-line.js";
import { type VmFiles } from "./layout.js";

/** How a command in the machine ended. */
export interface VmResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Ended because its time was up. */
  readonly timedOut: boolean;
}

/** A running virtual machine: the lab's host once more, with a whole kernel. */
export interface Vm {
  /** A directory of this host that the machine sees under the same path, and that both may write. */
  readonly directory: string;
  /** Runs a bash script as root in the machine; several at once if wanted. Rejects only when the machine itself is gone. */
  run(script: string, options?: { readonly timeoutMs?: number | undefined }): Promise<VmResult>;
  /** What the kernel has said on its console so far. */
  consoleText(): string;
  /** Ends the machine, as pulling the plug does, and removes all that it left on the host. */
  stop(): Promise<void>;
}

export interface MachineOptions {
  /** Loopback ports of the host that are the machine's own loopback ports too. */
  readonly ports: readonly number[];
  /** Trees of files to lay over what the machine sees of the host. */
  readonly trees: readonly string[];
  readonly memoryMiB: number;
  /** After this time it is ended, whatever it does. */
  readonly lifetimeMs: number;
}

/** Emulated, a boot takes 5 s on an idle machine. */
const BOOT_MS = 120_000;
const DEFAULT_RUN_MS = 60_000;
/** What a `timeout` in the machine may need to end what does not heed it. */
const KILL_MS = 20_000;
/** timeout(1)'s own exit code. */
const TIMED_OUT = 124;
const KILLED = 137;

export async function bootMachine(files: VmFiles, options: MachineOptions): Promise<Vm> {
  sweepDeadMachines(files.runs);
  mkdirSync(files.runs, { recursive: true });
  const directory = mkdtempSync(join(files.runs, "vm-"));
  writeFileSync(join(directory, "agent"), agentScript(directory, options.ports, options.trees));
  const child = startQemu(files, directory, options);
  const console = join(directory, "console");
  const line = openJobLine(child, () => new LabError(`The virtual machine has ended.\n${lastLines(readIfThere(console) ?? "")}`));

  const stop = async (): Promise<void> => {
    const gone = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
    child.kill("SIGKILL");
    await gone;
    clearTimeout(lifetime);
    rmSync(directory, { recursive: true, force: true });
    removeIfEmpty(files.runs);
  };
  const lifetime = setTimeout(() => child.kill("SIGKILL"), options.lifetimeMs);

  try {
    await line.answer("ready", BOOT_MS);
  } catch (error) {
    await stop();
    throw error;
  }
  let jobs = 0;
  return {
    directory,
    consoleText: () => readIfThere(console) ?? "",
    stop,
    run: async (script, { timeoutMs = DEFAULT_RUN_MS } = {}) => {
      line.check();
      jobs += 1;
      const job = `job${jobs}`;
      const path = join(directory, job);
      writeFileSync(`${path}.command`, script);
      const seconds = Math.max(1, Math.ceil(timeoutMs / 1000));
      const answered = line.answer(job, seconds * 1000 + KILL_MS);
      line.send(`${job} ${seconds}`);
      await answered;
      const exitCode = Number(readFileSync(`${path}.code`, "utf8"));
      const [stdout, stderr] = [readFileSync(`${path}.stdout`, "utf8"), readFileSync(`${path}.stderr`, "utf8")];
      return { exitCode, stdout, stderr, timedOut: exitCode === TIMED_OUT || exitCode === KILLED };
    },
  };
}

function startQemu(files: VmFiles, directory: string, { memoryMiB }: MachineOptions): ChildProcess {
  const share = (id: string, path: string, more: string): string[] => [
    ...["-fsdev", `local,id=${id},path=${path},security_model=none,multidevs=remap${more}`],
    ...["-device", `virtio-9p-pci,fsdev=${id},mount_tag=${id}`],
  ];
  const kernelArguments = [
    "console=ttyS0 quiet loglevel=4 panic=-1 net.ifnames=0",
    // Emulated hardware is slow enough without guarding against itself.
    "mitigations=off nokaslr",
    // While it boots it measures how fast the processor counts, and on a busy host it measures wrong: time then runs many times too fast.
    "tsc=unstable clocksource=hpet",
    `lab_modules=${files.modules} lab_run=${directory}`,
  ].join(" ");
  const qemu = [
    ...["-accel", "tcg,thread=multi", "-cpu", "max", "-machine", "q35", "-smp", "2", "-m", String(memoryMiB)],
    ...["-nodefaults", "-display", "none", "-no-reboot", "-monitor", "none"],
    ...["-kernel", files.image, "-initrd", files.initrd, "-append", kernelArguments],
    ...["-serial", `file:${join(directory, "console")}`, "-chardev", "stdio,id=jobs,signal=off", "-serial", "chardev:jobs"],
    ...share("host", "/", ",readonly=on"),
    ...share("run", directory, ""),
    ...["-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile="],
  ];
  const complaints = openSync(join(directory, "console"), "a");
  try {
    // It is killed with its owner, however that dies: nothing is left behind.
    return spawn("setpriv", ["--pdeathsig", "KILL", "qemu-system-x86_64", ...qemu], { stdio: ["pipe", "pipe", complaints] });
  } finally {
    closeSync(complaints);
  }
}
