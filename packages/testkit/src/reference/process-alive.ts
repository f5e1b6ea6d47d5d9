import { errnoOf } from "./file-system.js";

/** Whether a process of this machine has that id now: a hint, since ids are used again and containers have their own. */
export function isProcessAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === "EPERM";
  }
}
