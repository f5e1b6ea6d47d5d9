import { readdirSync, readFileSync } from "node:fs";

/** The native children of a process, by their pids. */
export function nativeChildrenOf(parent: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent && commandOf(pid).includes("native-child"));
}

/** Ends a process and all that it has started, as a host that fails does. */
export function killTree(pid: number): void {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => parentOf(one) === pid);
  // The parent first: it must not see its children end.
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
  for (const child of children) killTree(child);
}

/** Whether a process is there and no zombie. */
export const isAlive = (pid: number): boolean => !["", "Z"].includes(statOf(pid)?.state ?? "");

/** Ends this process's native child as a crash would; false when there was none. */
export function killNativeChild(): boolean {
  const children = nativeChildrenOf(process.pid);
  for (const pid of children) process.kill(pid, "SIGKILL");
  return children.length > 0;
}

function statOf(pid: number): { readonly state: string; readonly parent: number } | undefined {
  const text = read(`/proc/${pid}/stat`);
  // The program's name, in brackets, may hold anything.
  const [state = "", parent = ""] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return text === "" ? undefined : { state, parent: Number(parent) };
}

const parentOf = (pid: number): number | undefined => statOf(pid)?.parent;
const commandOf = (pid: number): string => read(`/proc/${pid}/cmdline`);

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
