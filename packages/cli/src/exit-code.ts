import { isSouthboundError, type Recovery } from "@opensds/core";
import { UsageError } from "./usage-error.js";

/** Exit codes say what to do next, as the errors' recovery does. */
const ofRecovery: Readonly<Record<Recovery, number>> = { "fix-request": 3, retry: 4, "wait-for-operation": 5, operator: 6 };

/** All went well, but what was looked at is not well: `doctor`, `reconcile`. */
export const notWell = 1;

/** The exit code of a failure. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return 2;
  return isSouthboundError(error) ? ofRecovery[error.recovery] : 70;
}

/** For the help. */
export const exitCodesHelp = `Exit codes: 0 done; 1 doctor or reconcile found something; 2 bad command line, or not confirmed;
3 change the request; 4 try again later; 5 wait for another operation; 6 somebody must mend the backend or this host;
70 a bug; 130 interrupted.`;
