import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { LabError } from "../errors.js";
import { labEnvironment, lastLines } from "../commands.js";
import { readIfThere } from "../files.js";
import { stringAt } from "../json.js";
import { type LabPaths } from "../paths.js";
import { labProcesses, type LabProcess } from "../processes.js";
import { waitUntil } from "../wait.js";
import { askDaemon } from "./admin-socket.js";
import { cephFiles, type DaemonName, splitName } from "./layout.js";

function daemonArgs(paths: LabPaths, daemon: DaemonName): string[] {
  // In the foreground: its pid is then the one that was started. Told from a `--mkfs` run by -f.
  return ["-f", "-c", cephFiles(paths).adminConf, "-i", splitName(daemon).id];
}

/** The daemon among processes of the lab. */
export function findDaemon(processes: readonly LabProcess[], paths: LabPaths, daemon: DaemonName): LabProcess | undefined {
  const program = `ceph-${splitName(daemon).type}`;
  const wanted = daemonArgs(paths, daemon).join("\0");
  return processes.find((process) => process.program === program && process.args.slice(1).join("\0") === wanted);
}

/** Starts it and waits until it serves. */
export async function launchDaemon(paths: LabPaths, daemon: DaemonName, timeoutMs = 60_000): Promise<void> {
  const ended = startDetached(paths, daemon);
  await waitUntil(
    async () => {
      const how = ended();
      if (how !== undefined) throw new LabError(`${daemon} ended at once (${how}).\n${lastWords(paths, daemon)}`);
      return isServing(paths, daemon);
    },
    { timeoutMs, what: () => `${daemon} does not serve.\n${lastWords(paths, daemon)}` },
  );
}

/** A session of its own and no stream of ours: it outlives this process, its terminal, and an npm that waits for EOF. */
function startDetached(paths: LabPaths, daemon: DaemonName): () => string | undefined {
  const output = openSync(cephFiles(paths).output(daemon), "a", 0o600);
  let ended: string | undefined;
  try {
    const child = spawn(`ceph-${splitName(daemon).type}`, daemonArgs(paths, daemon), {
      detached: true,
      cwd: "/",
      env: labEnvironment(),
      stdio: ["ignore", output, output],
    });
    child.once("error", (error) => (ended = error.message));
    child.once("exit", (code, signal) => (ended = signal ?? `exit code ${code ?? "unknown"}`));
    child.unref();
  } finally {
    closeSync(output);
  }
  return () => ended;
}

const STATUS_COMMANDS = { mon: "mon_status", mgr: "mgr_status", osd: "status" } as const;

export async function isServing(paths: LabPaths, daemon: DaemonName): Promise<boolean> {
  const socket = cephFiles(paths).socket(daemon);
  const { type } = splitName(daemon);
  const command = STATUS_COMMANDS[type];
  // A daemon that starts does not know the command yet, and would write an error into its log at every poll.
  const known = await askDaemon(socket, "help");
  if (known?.[command] === undefined) return false;
  const status = await askDaemon(socket, command);
  switch (type) {
    case "mon":
      return stringAt(status, "state") === "leader";
    case "mgr":
      return status?.["initialized"] === true;
    case "osd":
      return stringAt(status, "state") === "active";
  }
}

export function pidsOf(paths: LabPaths, daemons: readonly DaemonName[]): Map<DaemonName, LabProcess> {
  const processes = labProcesses(paths.lab);
  const found = new Map<DaemonName, LabProcess>();
  for (const daemon of daemons) {
    const process = findDaemon(processes, paths, daemon);
    if (process !== undefined) found.set(daemon, process);
  }
  return found;
}

function lastWords(paths: LabPaths, daemon: DaemonName): string {
  const files = cephFiles(paths);
  const said = readIfThere(files.output(daemon))?.trim() ?? "";
  if (said !== "") return lastLines(said);
  return lastLines(readIfThere(`${files.logs}/${daemon}.log`) ?? "It has written no log.");
}
