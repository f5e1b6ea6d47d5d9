import type { ReasonFamily } from "./reason.js";

/** Reasons of the facets. */
export const facetReasons = {
  "snapshot-exists": {
    codes: { ALREADY_EXISTS: "fix-request" },
    meaning: "A snapshot of that name and another source is there.",
    mend: "Take another name, or use the snapshot that is there.",
  },
  "snapshot-not-found": {
    codes: { NOT_FOUND: "fix-request" },
    meaning: "There is no such snapshot.",
    mend: "Check id or name; create the snapshot first.",
  },
  "snapshot-in-error": {
    codes: { INTERNAL: "operator" },
    meaning: "The backend gave the snapshot up.",
    mend: "Delete it and create it again.",
  },
  "snapshot-in-use": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "Volumes depend on the snapshot.",
    mend: "Delete those volumes first.",
  },
  "snapshot-not-ready": {
    codes: { FAILED_PRECONDITION: "retry" },
    meaning: "The snapshot is still being made.",
    mend: "Try again when readyToUse is true.",
  },
  "snapshot-of-other-volume": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "The snapshot is another volume's.",
    mend: "Give a snapshot of this volume, or make a new volume from this one.",
  },
  "snapshot-not-revertible": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "Newer snapshots, or that the volume has grown since, forbid going back to this one.",
    mend: "Revert to the newest snapshot, or make a volume from this one.",
  },
  "size-below-source": {
    codes: { OUT_OF_RANGE: "fix-request" },
    meaning: "The volume would be smaller than its source.",
    mend: "Ask for at least the source's size.",
  },
  "snapshot-gone": {
    codes: { ABORTED: "fix-request" },
    meaning: "A snapshot was deleted while its changes were read.",
    mend: "Begin anew with snapshots that are there.",
  },
  "snapshots-not-ordered": {
    codes: { INVALID_ARGUMENT: "fix-request" },
    meaning: "The later snapshot is given as the earlier one.",
    mend: "Give two snapshots of the volume, the earlier one first.",
  },
  "freeze-failed": {
    codes: { FAILED_PRECONDITION: "operator" },
    meaning: "The file system of the volume cannot be frozen.",
    mend: "Look at the message; thaw what somebody else has frozen, or ask without freeze.",
  },
  "freeze-ended": {
    codes: { DEADLINE_EXCEEDED: "fix-request" },
    meaning: "The file system was thawed before the snapshot was surely cut.",
    mend: "Delete the snapshot if there is one, and ask again with a longer freeze.",
  },
  "too-many-snapshots": {
    codes: { RESOURCE_EXHAUSTED: "fix-request" },
    meaning: "The volume has as many snapshots as the backend takes.",
    mend: "Delete some of them.",
  },
  "changes-not-tracked": {
    codes: { FAILED_PRECONDITION: "operator" },
    meaning: "The backend does not track what changes in this volume.",
    mend: "Switch tracking on in the backend, and begin with a full copy.",
  },
  "qos-unsupported": {
    codes: { INVALID_ARGUMENT: "fix-request" },
    meaning: "The backend, or the way the volume is attached, cannot keep a limit.",
    mend: "Leave out the limits that details.limits names.",
  },
  "qos-out-of-range": {
    codes: { OUT_OF_RANGE: "fix-request" },
    meaning: "A limit is beyond what the backend takes.",
    mend: "Give one within the range that the message names.",
  },
  "group-exists": {
    codes: { ALREADY_EXISTS: "fix-request" },
    meaning: "A group of that name and other members is there.",
    mend: "Take another name, or change the group that is there.",
  },
  "group-not-found": {
    codes: { NOT_FOUND: "fix-request" },
    meaning: "There is no such group.",
    mend: "Check the id; create the group first.",
  },
  "group-has-snapshots": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "The group has snapshots.",
    mend: "Delete the group's snapshots first.",
  },
  "group-snapshot-exists": {
    codes: { ALREADY_EXISTS: "fix-request" },
    meaning: "A group snapshot of that name and another group is there.",
    mend: "Take another name, or use the group snapshot that is there.",
  },
  "group-snapshot-not-found": {
    codes: { NOT_FOUND: "fix-request" },
    meaning: "There is no such group snapshot.",
    mend: "Check the id; create the group snapshot first.",
  },
  "group-empty": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "The group has no volume.",
    mend: "Add volumes to it first.",
  },
  "reference-not-found": {
    codes: { NOT_FOUND: "fix-request" },
    meaning: "The backend has nothing of that reference.",
    mend: "Use a reference that listImportable shows.",
  },
  "not-importable": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "It cannot be taken over.",
    mend: "Remove the obstacle that details.obstacle names.",
  },
  "volume-shared": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "Other hosts share volumes with the host, and this backend takes a volume from all or none.",
    mend: "Detach the other hosts from the volumes in details.volumeIds, then fence again.",
  },
  "fence-self": {
    codes: { FAILED_PRECONDITION: "fix-request" },
    meaning: "The host to fence is the one that the call runs on.",
    mend: "Fence it from another host.",
  },
} as const satisfies ReasonFamily;
