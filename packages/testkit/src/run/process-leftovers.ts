import { readdir, readFile, readlink } from "node:fs/promises";

/** What this process has open, as words: child processes, files and sockets, and what keeps it alive. */
export async function processHoldings(): Promise<readonly string[]> {
  const active = process.getActiveResourcesInfo().map((kind) => `active ${kind}`);
  return [...(await openFiles()), ...(await children()), ...active.filter((kind) => !transient.has(kind))];
}

/** What is there now and was not at first, each as often as it is too much. */
export function addedSince(before: readonly string[], now: readonly string[]): readonly string[] {
  const left = [...before];
  return now.filter((one) => {
    const at = left.indexOf(one);
    if (at === -1) return true;
    left.splice(at, 1);
    return false;
  });
}

/** Work of the looking itself. */
const transient = new Set(["active FSReqPromise", "active FSReqCallback", "active FileHandleCloseReq", "active PipeWrap", "active Immediate"]);

async function openFiles(): Promise<readonly string[]> {
  const texts = await Promise.all(
    (await entriesOf("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
  );
  // A socket's number changes: that there is one is what counts.
  return texts
    .filter((text) => /^\/(?!dev\/null|proc\/)/.test(text) || text.startsWith("socket:"))
    .map((text) => (text.startsWith("socket:") ? "an open socket" : `open file ${text}`));
}

async function children(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const task of await entriesOf("/proc/self/task")) {
    const pids = await readFile(`/proc/self/task/${task}/children`, "utf8").catch(() => "");
    for (const pid of pids.split(" ").filter((text) => text !== "")) {
      const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
      if (name !== "") found.push(`child process ${name.trim()}`);
    }
  }
  return found;
}

const entriesOf = (directory: string): Promise<readonly string[]> => readdir(directory).catch(() => []);
