import type { ReasonFamily } from "./reason.js";

/** Reasons that every operation may end with. */
export const callReasons = {
  "bad-request": {
    codes: { INVALID_ARGUMENT: "fix-request" },
    meaning: "The request has not its operation's shape.",
    mend: "Correct the fields that the message and details.problems name.",
  },
  "bad-call-options": {
    codes: { INVALID_ARGUMENT: "fix-request" },
    meaning: "timeoutMs is no number of milliseconds, or signal is no AbortSignal.",
    mend: "Give milliseconds above 0 and at most 2^31 - 1, and an AbortSignal or none.",
  },
  "bad-token": {
    codes: { ABORTED: "fix-request" },
    meaning: "The list token is none of this driver's.",
    mend: "Begin the list anew, without startToken.",
  },
  "not-set-up": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "setup has not ended, or unset has ended since.",
    mend: "Call setup() and wait for it.",
  },
  closing: {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "unset is running, and no new calls are taken.",
    mend: "Call setup() after unset has ended.",
  },
  "cancelled-by-caller": {
    codes: { CANCELLED: "retry" },
    meaning: "The caller's signal fired, or unset ended the call.",
    mend: "Call again if the work is still wanted; with the outcome unknown the replay tells what happened.",
  },
  "deadline-exceeded": {
    codes: { DEADLINE_EXCEEDED: "retry" },
    meaning: "The call's time was over.",
    mend: "Call again, with more time where the work needs it; with the outcome unknown the replay tells what happened.",
  },
  "operation-pending": {
    codes: { ABORTED: "wait-for-operation" },
    meaning: "A different call that changes the same thing is running in this process.",
    mend: "Wait for the operation that details.pendingOperation names, then call again.",
  },
  "driver-broke-contract": {
    codes: { INTERNAL: "operator" },
    meaning: "The driver returned what the contract does not allow, or failed with a code that the operation has not.",
    mend: "Report it to the driver's author with the cause, and run the conformance suite on the driver.",
  },
  "unexpected-error": {
    codes: { INTERNAL: "operator" },
    meaning: "Something failed that nobody foresaw.",
    mend: "Look at the cause, and report it.",
  },
  "no-such-facet": {
    codes: { UNIMPLEMENTED: "fix-request" },
    meaning: "The backend has not the facets that details.missing names.",
    mend: "Ask supports() before using a facet, or use another backend.",
  },
  "backends-file-unreadable": {
    codes: { NOT_FOUND: "fix-request", PERMISSION_DENIED: "operator" },
    meaning: "The backends file is not there, or cannot be read.",
    mend: "Name the right file, or let this user read it.",
  },
  "bad-backends-file": {
    codes: { INVALID_ARGUMENT: "fix-request" },
    meaning: "The backends file has mistakes.",
    mend: "Correct every line that details.mistakes names.",
  },
  "unknown-backend": {
    codes: { NOT_FOUND: "fix-request" },
    meaning: "The backends file has no backend of that name.",
    mend: "Use one of the names that the message lists.",
  },
} as const satisfies ReasonFamily;
