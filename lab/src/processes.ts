import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { errorCode } from "./errors.js";
import { sleep } from "./wait.js";

export interface LabProcess {
  readonly pid: number;
  /** Clock ticks since boot at which it began: with the pid, it names one process for as long as the machine runs. */
  readonly startTime: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly paused: boolean;
}

/**
 * What a lab, and the drivers tested on it, start. Only these are ever signalled: an editor or a `tail -f` that has
 * a file of the lab open names it in its arguments too.
 */
const PROGRAMS: ReadonlySet<string> = new Set([
  "ceph-mon",
  "ceph-mgr",
  "ceph-osd",
  "ceph",
  "rbd",
  "rados",
  "monmaptool",
  "rbd-fuse",
  "rbd-nbd",
  "qemu-storage-daemon",
  "mariadbd",
  "mariadb",
  "mariadb-install-db",
  "epmd",
  "beam.smp",
  "rabbitmq-server",
  "uwsgi_python3",
  "keystone-init",
  "cinder-manage",
  "cinder-api",
  "cinder-scheduler",
  "cinder-volume",
  "qemu-system-x86_64",
]);

/**
 * Every process of the lab in directory `lab`, found by its arguments and not by a recorded pid: so a record that was
 * never written, or is out of date, neither hides a process nor points at a stranger's.
 */
export function labProcesses(lab: string): LabProcess[] {
  // Elsewhere there is no lab, and asking for its status is no mistake.
  if (process.platform !== "linux") return [];
  const found: LabProcess[] = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/u.test(entry)) continue;
    const candidate = readProcess(Number(entry));
    if (candidate !== undefined && isLabProcess(candidate, lab)) found.push(candidate);
  }
  return found;
}

export function isLabProcess(process: Pick<LabProcess, "program" | "args">, lab: string): boolean {
  return PROGRAMS.has(process.program) && process.args.some((arg) => namesPathUnder(arg, lab));
}

/** True for `DIR/x`, `--conf=DIR/x`, `socket,path=DIR/x`, `{"conf":"DIR/x"}`, and not for a longer path that merely ends in DIR. */
export function namesPathUnder(arg: string, directory: string): boolean {
  for (let at = arg.indexOf(`${directory}/`); at !== -1; at = arg.indexOf(`${directory}/`, at + 1)) {
    if (at === 0 || /[=,:@"\s]/u.test(arg.charAt(at - 1))) return true;
  }
  return false;
}

function readProcess(pid: number): LabProcess | undefined {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
    const program = programOf(args);
    if (!PROGRAMS.has(program)) return undefined;
    // A container's process shows up here too, and its paths are of another file system.
    if (readlinkSync(`/proc/${pid}/ns/pid`) !== readlinkSync("/proc/self/ns/pid")) return undefined;
    const { state, startTime } = parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
    if (state === "Z" || state === "X") return undefined;
    return { pid, startTime, program, args, paused: state === "T" };
  } catch (error) {
    // Gone meanwhile, or not ours to look at: then it is not ours to end either.
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(errorCode(error) ?? "")) return undefined;
    throw error;
  }
}

/** `ceph` is a Python script, and others are the shell's: such a one's name is the interpreter's first argument. */
export function programOf(args: readonly string[]): string {
  const [first = "", second = ""] = args;
  return /^(python[\d.]*|sh|dash|bash)$/u.test(basename(first)) ? basename(second) : basename(first);
}

/** The second field is the program's name in brackets, and may itself hold blanks and brackets. */
export function parseStat(text: string): { state: string; startTime: string } {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", startTime: fields[19] ?? "" };
}

export function isAlive(process: LabProcess): boolean {
  return readProcess(process.pid)?.startTime === process.startTime;
}

/** Signals the process, unless it has ended and its pid may be another's by now. */
export function signal(process: LabProcess, name: NodeJS.Signals): void {
  if (!isAlive(process)) return;
  try {
    globalThis.process.kill(process.pid, name);
  } catch (error) {
    if (errorCode(error) !== "ESRCH") throw error;
  }
}

/** Ends what `find` finds, also what appears meanwhile: a killed `up` may leave a command that starts another. */
export async function endProcesses(find: () => LabProcess[], graceMs: number): Promise<LabProcess[]> {
  const ended = new Map<string, LabProcess>();
  const begin = performance.now();
  for (;;) {
    const left = find();
    if (left.length === 0) return [...ended.values()];
    const elapsed = performance.now() - begin;
    // One that the kernel does not let go (waiting for a dead device) must not hold `down` for ever.
    if (elapsed > graceMs + 10_000) return [...ended.values()].filter((process) => !isAlive(process));
    for (const process of left) {
      const key = `${process.pid}/${process.startTime}`;
      if (elapsed > graceMs) signal(process, "SIGKILL");
      else if (!ended.has(key)) {
        signal(process, "SIGTERM");
        // A stopped process acts on SIGTERM only when it continues.
        if (process.paused) signal(process, "SIGCONT");
      }
      ended.set(key, process);
    }
    await sleep(25);
  }
}
