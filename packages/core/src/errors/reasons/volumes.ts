import type { ReasonFamily } from "./reason.js";

/** Reasons of creating, reading and deleting volumes. */
export const volumeReasons = {
  "bad-name": {
    codes: { INVALID_ARGUMENT: "fix-request" },
    meaning: "The name is empty, too long, not well-formed Unicode, or holds control characters.",
    mend: "Give 1 to limits.nameBytes bytes of UTF-8 without control characters.",
  },
  "bad-size": {
    codes: { INVALID_ARGUMENT: "fix-request" },
    meaning: "The capacity says nothing, is no positive whole number, or requires more than its limit.",
    mend: "Give whole bytes above 0, with requiredBytes at most limitBytes.",
  },
  "size-out-of-range": {
    codes: { OUT_OF_RANGE: "fix-request" },
    meaning: "No size that this backend can make lies in the range.",
    mend: "Ask for a size within the manifest's limits that is no smaller than the source or the volume is.",
  },
  "volume-too-large": {
    codes: { OUT_OF_RANGE: "fix-request" },
    meaning: "The backend takes less than its manifest says.",
    mend: "Ask for less.",
  },
  "unknown-parameter": {
    codes: { INVALID_ARGUMENT: "fix-request" },
    meaning: "The manifest does not name the parameter.",
    mend: "Leave it out, or use one that the message lists.",
  },
  "bad-parameter": {
    codes: { INVALID_ARGUMENT: "fix-request" },
    meaning: "The driver does not take the parameter's value.",
    mend: "Give a value that the message allows.",
  },
  "volume-exists": {
    codes: { ALREADY_EXISTS: "fix-request" },
    meaning: "A volume of that name is there, made by another request.",
    mend: "Take another name, or use the volume that is there.",
  },
  "foreign-image": {
    codes: { ALREADY_EXISTS: "operator" },
    meaning: "Something of another tool's stands where the volume would be.",
    mend: "Rename or remove it, import it, or take another name.",
  },
  "image-damaged": {
    codes: { FAILED_PRECONDITION: "operator" },
    meaning: "What stands where the volume would be is broken.",
    mend: "Let its owner mend or remove it.",
  },
  "name-not-unique": {
    codes: { FAILED_PRECONDITION: "operator" },
    meaning: "The backend has several volumes of that name.",
    mend: "Rename or remove all but one, or name the volume by its id.",
  },
  "volume-not-found": {
    codes: { NOT_FOUND: "fix-request", FAILED_PRECONDITION: "fix-request" },
    meaning: "There is no such volume, or it went away while it was worked on.",
    mend: "Check id or name; create the volume first.",
  },
  "volume-deleting": {
    codes: { ABORTED: "wait-for-operation", FAILED_PRECONDITION: "wait-for-operation" },
    meaning: "The volume is being deleted.",
    mend: "Wait until it is gone, or delete it again to finish that.",
  },
  "volume-in-error": {
    codes: { INTERNAL: "operator", FAILED_PRECONDITION: "operator" },
    meaning: "The backend gave the volume up.",
    mend: "Look at its stateReason; delete it and create it again.",
  },
  "volume-not-ready": {
    codes: { FAILED_PRECONDITION: "retry" },
    meaning: "The volume is being made, or busy with something else.",
    mend: "Try again when its state is available or in-use.",
  },
  "volume-not-primary": {
    codes: { FAILED_PRECONDITION: "operator" },
    meaning: "The volume is a mirror's copy: another cluster is the one that writes it.",
    mend: "Change the volume there, or promote the copy here first.",
  },
  "volume-busy": {
    codes: { FAILED_PRECONDITION: "retry" },
    meaning: "The volume is written to all the time, and this backend can only copy it while nothing is written.",
    mend: "Freeze its file system for the moment, or detach it, then try again.",
  },
  "volume-in-use": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "An attachment of the volume is recorded, or a client has it open.",
    mend: "Detach it from the hosts in details.hosts, or close the clients in details.watchers.",
  },
  "volume-has-snapshots": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "The volume has snapshots, and the backend binds them to it.",
    mend: "Delete the snapshots first.",
  },
  "volume-in-group": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "The volume is in a group.",
    mend: "Take it out of the group first.",
  },
  "source-not-encrypted": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "The backend encrypts every volume, and a volume made from this source would not be encrypted.",
    mend: "Make an empty volume and copy the data into it.",
  },
  "source-unsupported": {
    codes: { UNIMPLEMENTED: "fix-request" },
    meaning: "The backend cannot make a volume from this kind of source.",
    mend: "Use a kind that the facet sources lists, or copy the data.",
  },
} as const satisfies ReasonFamily;
