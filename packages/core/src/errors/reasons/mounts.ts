import type { ReasonFamily } from "./reason.js";

/** Reasons of mounting, formatting and unmounting. */
export const mountReasons = {
  "directory-not-absolute": {
    codes: { INVALID_ARGUMENT: "fix-request" },
    meaning: "The directory is no absolute path, or holds \"..\".",
    mend: "Give an absolute path.",
  },
  "bad-mount-option": {
    codes: { INVALID_ARGUMENT: "fix-request" },
    meaning: "A mount option is not plain, or would make another kind of mount.",
    mend: "Give one plain option an entry, such as noatime.",
  },
  "directory-is-file": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "A file stands where the directory should be.",
    mend: "Give an empty directory.",
  },
  "directory-is-symlink": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "A symbolic link stands where the directory should be.",
    mend: "Give the directory that it points to.",
  },
  "directory-not-empty": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "The directory has content.",
    mend: "Give an empty directory.",
  },
  "directory-in-use": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "Something else is mounted there.",
    mend: "Unmount it, or give another directory.",
  },
  "mount-exists": {
    codes: { ALREADY_EXISTS: "fix-request" },
    meaning: "The volume is mounted there otherwise than asked.",
    mend: "Unmount it first, or ask for what is there.",
  },
  "already-mounted": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "The volume is mounted at another directory.",
    mend: "Unmount it there, or use that directory.",
  },
  "shared-file-system": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "The volume is attached multi-writer, and an ordinary file system breaks under two writers.",
    mend: "Use the raw device, or attach in another mode.",
  },
  "device-blank": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "The device bears no finished file system, and the request does not allow one to be made.",
    mend: "Mount for writing with format: if-blank.",
  },
  "device-not-blank": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "The device bears something that is no file system of this interface.",
    mend: "Look at what it is; wipe it by hand only if nobody needs it.",
  },
  "file-system-differs": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "The device bears another file system than asked.",
    mend: "Ask for the one that is there, or leave fsType out.",
  },
  "file-system-lost": {
    codes: { FAILED_PRECONDITION: "operator" },
    meaning: "The device does not bear the file system that was recorded.",
    mend: "Let somebody look before anything is written: the data may be damaged or the wrong volume behind the device.",
  },
  "format-unfinished": {
    codes: { FAILED_PRECONDITION: "fix-request", ABORTED: "retry" },
    meaning: "Making a file system was begun and has not ended, or another caller was first.",
    mend: "Mount with the file system that was begun, or call again.",
  },
  "format-not-begun": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "Formatting cannot have ended, because none is recorded.",
    mend: "Record formatting first.",
  },
  "volume-too-small": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "The volume is too small for that file system.",
    mend: "Take ext4, or a larger volume.",
  },
  "device-unreadable": {
    codes: { UNAVAILABLE: "operator" },
    meaning: "The device cannot be read.",
    mend: "Look at the kernel's log and the backend's health.",
  },
  "format-failed": {
    codes: { UNAVAILABLE: "operator" },
    meaning: "Making the file system failed.",
    mend: "Look at the message and the kernel's log, then mount again.",
  },
  "mount-failed": {
    codes: { FAILED_PRECONDITION: "operator", INTERNAL: "operator" },
    meaning: "The kernel refused the mount, or shows none.",
    mend: "Look at the kernel's log.",
  },
  "mount-busy": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "A process uses the file system, or something is mounted in or over it.",
    mend: "End what details.users names, then try again.",
  },
  "unmount-failed": {
    codes: { UNAVAILABLE: "retry" },
    meaning: "The kernel refused to unmount.",
    mend: "Try again; if it lasts, look at the kernel's log.",
  },
} as const satisfies ReasonFamily;
