import type { ReasonFamily } from "./reason.js";

/** Reasons of connecting, attaching and detaching. */
export const attachmentReasons = {
  "volume-attached-elsewhere": {
    codes: { FAILED_PRECONDITION: "fix-request", ABORTED: "retry" },
    meaning: "Another host has the volume and the two do not share it, or this host has it in another mode.",
    mend: "Detach it on the host that details.hostId names, or ask for a mode that is shared.",
  },
  "attached-in-other-mode": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "This host has a device of the volume in another mode.",
    mend: "Detach it before attaching it in the other mode.",
  },
  "attachment-on-other-host": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "The record is another host's.",
    mend: "Detach on the host that the record names.",
  },
  "attachment-not-found": {
    codes: { FAILED_PRECONDITION: "fix-request", NOT_FOUND: "fix-request" },
    meaning: "There is no such attachment on this host, or its device is gone.",
    mend: "Attach the volume again, and use the record that this gives.",
  },
  "attachment-still-recorded": {
    codes: { UNAVAILABLE: "retry" },
    meaning: "The device is gone, and the backend still records the attachment.",
    mend: "Detach again with the same record to finish.",
  },
  "mode-unsupported": {
    codes: { UNIMPLEMENTED: "fix-request" },
    meaning: "The backend has not this access mode.",
    mend: "Use one that the manifest names.",
  },
  "no-devices": {
    codes: { UNIMPLEMENTED: "fix-request" },
    meaning: "The backend hands out no connections.",
    mend: "Use a backend whose manifest names a protocol.",
  },
  "no-attach-method": {
    codes: { FAILED_PRECONDITION: "operator", UNIMPLEMENTED: "fix-request" },
    meaning: "No way of making a device works on this host.",
    mend: "Load a kernel module or install a tool that details.methods speaks of.",
  },
  "encryption-key-missing": {
    codes: { FAILED_PRECONDITION: "operator" },
    meaning: "The volume is encrypted, and there is no usable passphrase where the configuration says, or it names none.",
    mend: "Name the passphrase's file in the driver's encryption option, and put the file on this host.",
  },
  "encryption-key-wrong": {
    codes: { FAILED_PRECONDITION: "operator" },
    meaning: "The passphrase does not open the encrypted volume.",
    mend: "Name the file with the passphrase that the volume was made with.",
  },
  "host-fenced": {
    codes: { FAILED_PRECONDITION: "operator" },
    meaning: "The host is fenced.",
    mend: "Start the host anew, then call unfenceHost.",
  },
  "volume-file-missing": {
    codes: { FAILED_PRECONDITION: "operator" },
    meaning: "The file of a file-backed volume is not on this host.",
    mend: "Bring the disk that holds it to this host, or attach where it is.",
  },
  "bad-connection": {
    codes: { INVALID_ARGUMENT: "fix-request" },
    meaning: "A field of the connection is no such thing.",
    mend: "Hand in what connectVolume returned.",
  },
  "bad-record": {
    codes: { INVALID_ARGUMENT: "fix-request" },
    meaning: "This is no record, or one of another version.",
    mend: "Hand in what the call before returned, or let listAttachments or listMounts rebuild it.",
  },
  "device-held": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "Something has the device: a mount, another device, swap or a process.",
    mend: "End what details.holders names, then try again.",
  },
  "attach-failed": {
    codes: { UNAVAILABLE: "retry", INTERNAL: "operator" },
    meaning: "The device could not be made.",
    mend: "Try again; if it lasts, look at the message and the kernel's log.",
  },
  "detach-failed": {
    codes: { UNAVAILABLE: "retry" },
    meaning: "The kernel or a tool would not let the device go.",
    mend: "Try again; if it lasts, look at the kernel's log.",
  },
  "flush-failed": {
    codes: { UNAVAILABLE: "operator" },
    meaning: "The last written bytes cannot be brought to the volume.",
    mend: "Bring the backend back and detach again; ending the helper loses those bytes.",
  },
  "loop-device-failed": {
    codes: { UNAVAILABLE: "retry" },
    meaning: "A loop device could not be made, or changed hands meanwhile.",
    mend: "Try again.",
  },
  "loop-devices-unreadable": {
    codes: { INTERNAL: "operator" },
    meaning: "The kernel's list of loop devices cannot be read.",
    mend: "Check losetup and /sys on this host.",
  },
  "grow-failed": {
    codes: { FAILED_PRECONDITION: "operator" },
    meaning: "The device or the file system on it could not be grown.",
    mend: "Look at the message and the kernel's log, then call growAttachment again.",
  },
  "not-root": {
    codes: { FAILED_PRECONDITION: "operator" },
    meaning: "The process has not the rights that devices and mounts need.",
    mend: "Run the dock as root.",
  },
  "command-not-started": {
    codes: { UNAVAILABLE: "retry" },
    meaning: "A program could not be started.",
    mend: "Try again; if it lasts, look for a lack of memory or processes.",
  },
  "command-killed": {
    codes: { UNAVAILABLE: "retry" },
    meaning: "A program was killed by somebody else.",
    mend: "Try again; if it lasts, look for who kills it, such as the kernel for want of memory.",
  },
  "host-lock-failed": {
    codes: { INTERNAL: "operator" },
    meaning: "The lock between processes on this host cannot be taken at all.",
    mend: "Check that host.runtimeDir can be written.",
  },
} as const satisfies ReasonFamily;
