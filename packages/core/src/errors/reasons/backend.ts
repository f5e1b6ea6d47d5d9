import type { ReasonFamily } from "./reason.js";

/** Reasons of every operation that asks the backend. */
export const backendReasons = {
  "backend-unreachable": {
    codes: { UNAVAILABLE: "retry" },
    meaning: "The backend does not answer.",
    mend: "Try again later; if it lasts, check addresses, network and the backend's own health.",
  },
  "rate-limited": {
    codes: { UNAVAILABLE: "retry" },
    meaning: "The backend asks for fewer calls.",
    mend: "Wait at least details.retryAfterMs, then try again.",
  },
  "bad-credentials": {
    codes: { UNAUTHENTICATED: "operator" },
    meaning: "The backend refuses the credentials.",
    mend: "Mend user, key or password in the backends file.",
  },
  "keyring-missing": {
    codes: { FAILED_PRECONDITION: "operator" },
    meaning: "There is no usable key where the configuration says.",
    mend: "Put the user's keyring there, or correct its path.",
  },
  "conf-missing": {
    codes: { FAILED_PRECONDITION: "operator" },
    meaning: "A file that the configuration or the connection names is not on this host.",
    mend: "Put the file there, or correct its path.",
  },
  "permission-denied": {
    codes: { PERMISSION_DENIED: "operator" },
    meaning: "The credentials are good and do not suffice.",
    mend: "Give the user the rights that the message names.",
  },
  "pool-not-found": {
    codes: { NOT_FOUND: "operator", FAILED_PRECONDITION: "operator" },
    meaning: "The pool or project is not there, or is gone since setup.",
    mend: "Create it, or correct its name in the backends file.",
  },
  "namespace-not-found": {
    codes: { NOT_FOUND: "operator" },
    meaning: "The pool has no such namespace.",
    mend: "Create the namespace, or correct its name in the backends file.",
  },
  "directory-not-found": {
    codes: { NOT_FOUND: "operator", FAILED_PRECONDITION: "fix-request", UNAVAILABLE: "operator" },
    meaning: "A directory is not there: a file-backed backend's own, or the one to mount at.",
    mend: "Make the directory or bring its disk back, name another, or mount with createDirectory.",
  },
  "missing-tool": {
    codes: { FAILED_PRECONDITION: "operator" },
    meaning: "A program that the work needs is not installed.",
    mend: "Install the package that details.package names.",
  },
  "layout-unknown": {
    codes: { FAILED_PRECONDITION: "operator" },
    meaning: "The backend holds a layout version that this driver does not know.",
    mend: "Use the newer driver that wrote it.",
  },
  "command-refused": {
    codes: { FAILED_PRECONDITION: "operator" },
    meaning: "The backend refuses the request as the driver is configured.",
    mend: "Check the driver's options against the backend's version.",
  },
  "native-unavailable": {
    codes: { FAILED_PRECONDITION: "operator" },
    meaning: "The backend's own libraries, or the way to call them, are not on this host.",
    mend: "Install the packages that the message names, or choose another transport.",
  },
  "command-failed": {
    codes: { INTERNAL: "operator" },
    meaning: "The backend refused or failed for a reason that has no word here.",
    mend: "Look at details and the backend's own log.",
  },
  "backend-full": {
    codes: { RESOURCE_EXHAUSTED: "operator" },
    meaning: "The backend has no space for it.",
    mend: "Delete volumes, add storage or raise the pool's limit; deleting still works.",
  },
  "quota-exceeded": {
    codes: { RESOURCE_EXHAUSTED: "operator" },
    meaning: "A quota is used up.",
    mend: "Raise the quota that details names, or delete what counts against it.",
  },
} as const satisfies ReasonFamily;
