import { readdir, readFile } from "node:fs/promises";

/** Milliseconds between two looks. */
const everyMs = 20;

/**
 * Tells the command line of each process that `self` starts from now on, its children's children too, and of those whose parent has ended:
 * helpers that stay. Other people's processes are none of ours. Elsewhere than on Linux there is nothing to look at.
 */
export async function watchCommandLines(tell: (line: string) => void, self = process.pid): Promise<{ stop(): void }> {
  if (process.platform !== "linux") return { stop: () => undefined };
  const seen = new Set(await readdir("/proc"));
  const look = async (): Promise<void> => {
    for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && !seen.has(name))) {
      seen.add(pid);
      const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      if (line !== "" && (await mayDescendFrom(self, pid))) tell(line.replaceAll("\0", " "));
    }
  };
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => (looking = false));
  }, everyMs);
  return { stop: () => clearInterval(timer) };
}

/** Whether a process descends from this one, or nobody knows any more from whom. */
async function mayDescendFrom(self: number, pid: string): Promise<boolean> {
  const first = await parentOf(pid);
  if (first === "1") return true;
  for (let parent = first; parent !== "1" && parent !== "0"; parent = await parentOf(parent)) {
    if (parent === undefined || parent === String(self)) return true;
  }
  return false;
}

/** What stands behind the name in parentheses, which may hold anything, is the state and then the parent. */
async function parentOf(pid: string): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return /^.*\) \S+ (\d+) /s.exec(stat)?.[1];
}
