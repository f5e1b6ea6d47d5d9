import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { must } from "@opensds/lab/guest";

/** Starts open-iscsi's daemon, as the service manager would. */
export async function startIscsid(): Promise<void> {
  // The second is what udev loads when a disk comes.
  must("modprobe", "--all", "iscsi_tcp", "sd_mod");
  spawn("iscsid", ["--foreground"], { stdio: "ignore", detached: true }).unref();
  while (!readFileSync("/proc/net/unix", "utf8").includes("@ISCSIADM_ABSTRACT_NAMESPACE")) await sleep(50);
}

/** Puts a program before iscsiadm that writes down what it is given; returns what was written so far. */
export function watchArguments(): () => string {
  const [log, directory] = ["/tmp/arguments", "/tmp/watch"];
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${directory}/iscsiadm`, `#!/bin/sh\necho "$@" >>${log}\nexec /sbin/iscsiadm "$@"\n`);
  chmodSync(`${directory}/iscsiadm`, 0o755);
  process.env["PATH"] = `${directory}:${process.env["PATH"] ?? ""}`;
  return () => (existsSync(log) ? readFileSync(log, "utf8") : "");
}
