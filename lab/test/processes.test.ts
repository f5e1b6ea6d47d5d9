import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import {
  endProcesses,
  isAlive,
  isLabProcess,
  labProcesses,
  namesPathUnder,
  parseStat,
  programOf,
  signal,
} from "../src/processes.js";
import { waitUntil } from "../src/wait.js";

const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill("SIGKILL")));

/** A process that looks like one of the lab: the kernel shows what it was called, not what it runs. */
async function impostor(program: string, path: string, script = "setInterval(() => {}, 1000)"): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["-e", `${script}; console.log(1)`, path], {
    argv0: program,
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  await once(child.stdout, "data");
  return child;
}

describe("whose a process is", () => {
  it("is told by a path under the lab in its arguments, however it stands there", () => {
    for (const arg of ["/r/.lab/ceph/ceph.conf", "--conf=/r/.lab/x", "socket,id=q,path=/r/.lab/host/q,server=on", "a:/r/.lab/x", '{"driver":"rbd","conf":"/r/.lab/host/x/ceph.conf"}']) {
      expect(namesPathUnder(arg, "/r/.lab")).toBe(true);
    }
    for (const arg of ["/r/.lab", "/r/.lab2/x", "/other/r/.lab/x", "/r/.labels/x", ""]) {
      expect(namesPathUnder(arg, "/r/.lab")).toBe(false);
    }
  });

  it("spares whoever merely reads or edits a file of the lab", () => {
    const args = (program: string): { program: string; args: string[] } => ({ program, args: [program, "/r/.lab/ceph/ceph.conf"] });
    expect(isLabProcess(args("ceph-osd"), "/r/.lab")).toBe(true);
    expect(isLabProcess(args("vim"), "/r/.lab")).toBe(false);
    expect(isLabProcess(args("tail"), "/r/.lab")).toBe(false);
  });

  it("sees the script behind an interpreter", () => {
    expect(programOf(["/usr/bin/python3", "/usr/bin/ceph", "-s"])).toBe("ceph");
    expect(programOf(["/usr/bin/python3.11", "/usr/bin/ceph"])).toBe("ceph");
    expect(programOf(["/usr/bin/ceph-mon", "-f"])).toBe("ceph-mon");
    expect(programOf([])).toBe("");
  });

  it("reads the state and the start time behind any program name", () => {
    const tail = ["S", ...Array.from({ length: 18 }, (_, index) => String(index)), "4711", "0"].join(" ");
    expect(parseStat(`12 (a) b (c) ${tail}`)).toEqual({ state: "S", startTime: "4711" });
  });
});

describe("ending processes", () => {
  it("finds and ends those of the lab, and no other", async () => {
    const ours = await impostor("rbd", "/nowhere/.lab/a");
    const other = await impostor("rbd", "/elsewhere/.lab/a");
    const editor = await impostor("vim", "/nowhere/.lab/a");
    expect(labProcesses("/nowhere/.lab").map((process) => process.pid)).toEqual([ours.pid]);
    const ended = await endProcesses(() => labProcesses("/nowhere/.lab"), 5_000);
    expect(ended.map((process) => process.pid)).toEqual([ours.pid]);
    expect(other.exitCode ?? other.signalCode).toBeNull();
    expect(editor.exitCode ?? editor.signalCode).toBeNull();
  });

  it("kills what does not heed SIGTERM", async () => {
    const child = await impostor("ceph-osd", "/nowhere/.lab/b", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)");
    await endProcesses(() => labProcesses("/nowhere/.lab"), 200);
    await waitUntil(() => child.signalCode !== null, { timeoutMs: 2_000, what: "the child's end" });
    expect(child.signalCode).toBe("SIGKILL");
  });

  it("ends a paused process", async () => {
    await impostor("ceph-mon", "/nowhere/.lab/c");
    const [found] = labProcesses("/nowhere/.lab");
    if (found === undefined) throw new Error("not found");
    signal(found, "SIGSTOP");
    await waitUntil(() => labProcesses("/nowhere/.lab")[0]?.paused === true, { timeoutMs: 2_000, what: "the stop" });
    const ended = await endProcesses(() => labProcesses("/nowhere/.lab"), 5_000);
    expect(ended).toHaveLength(1);
    expect(isAlive(found)).toBe(false);
  });

  it("does not touch a process that got the pid of one that is gone", async () => {
    const child = await impostor("rbd", "/nowhere/.lab/d");
    const [found] = labProcesses("/nowhere/.lab");
    if (found === undefined) throw new Error("not found");
    signal({ ...found, startTime: "1" }, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(child.signalCode).toBeNull();
  });
});
