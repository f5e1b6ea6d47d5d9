/**
 * The rules of the specification that the checks prove, in the specification's words and under its numbers. A rule's
 * number never changes; a rule that is given up leaves a gap.
 */
export const rules = {
  "SB-MANIFEST-1": "The manifest of an opened backend is plain, cloneable data and stays the same from setup to unset.",
  "SB-MANIFEST-2": "The manifest's limits are whole numbers: 1 to 128 name bytes, a granularity of at least 1, a minimum that is a multiple of it, and a maximum that is at least the minimum and at most 2^53 - 1.",
  "SB-LIFECYCLE-1": "Before setup every other operation ends with FAILED_PRECONDITION not-set-up and outcome none.",
  "SB-LIFECYCLE-2": "setup may be repeated and is then harmless.",
  "SB-LIFECYCLE-3": "unset may be repeated; after it every call is refused with FAILED_PRECONDITION, and setup may follow.",
  "SB-CREATE-1": "Creating is keyed by name: the same request again gives the same volume, however often.",
  "SB-CREATE-2": "A created volume has the name, the parameters and the size that were asked for, and getVolume and listVolumes agree with what createVolume returned.",
  "SB-CREATE-3": "A request under a taken name is compatible when its parameters equal the stored ones, requiredBytes is at most the current size and limitBytes at least the size at creation; any other is ALREADY_EXISTS and changes nothing.",
  "SB-CREATE-4": "The same request from many callers at once, in one process or several, makes one volume, and each caller gets it.",
  "SB-CREATE-5": "After a create that was cancelled or timed out the same request converges on one volume.",
  "SB-SIZE-1": "A volume has at least requiredBytes and at most limitBytes, rounded up to the granularity; requiredBytes above limitBytes is INVALID_ARGUMENT, a range in which no possible size lies OUT_OF_RANGE, and neither makes anything.",
  "SB-SIZE-2": "A size that is no positive whole number is INVALID_ARGUMENT, one beyond 2^53 - 1 or the backend's maximum OUT_OF_RANGE, and neither makes anything.",
  "SB-NAME-1": "Every name of 1 to nameBytes bytes of UTF-8 without control characters works in every operation and comes back unchanged.",
  "SB-NAME-2": "Names are compared byte for byte: other case or other normalisation is another name.",
  "SB-NAME-3": "An empty name, one that is too long, one with control characters or one that is not well-formed Unicode is INVALID_ARGUMENT and makes nothing.",
  "SB-GET-1": "Reading a volume that does not exist is NOT_FOUND volume-not-found with outcome none, by id and by name.",
  "SB-LIST-1": "A walk over all pages shows every volume that was there from its beginning to its end exactly once, and no page is larger than asked for.",
  "SB-LIST-2": "A token stays good after the volume it stands at was deleted, and in a driver opened later, also in another process.",
  "SB-LIST-3": "A token that the driver did not make is ABORTED bad-token.",
  "SB-DELETE-1": "Deleting what is not there succeeds.",
  "SB-DELETE-2": "Deleting an attached volume is FAILED_PRECONDITION volume-in-use, and the volume stays usable and attachable.",
  "SB-DELETE-3": "A deleted volume is not found and not listed, and its name is free: a volume made under it later has another id.",
  "SB-ATTACH-1": "Attaching is idempotent per volume, host and mode: the same attachment comes back.",
  "SB-ATTACH-2": "While one host has a volume in a mode that does not share, another host is refused with FAILED_PRECONDITION volume-attached-elsewhere, and the error names the host that has it.",
  "SB-ATTACH-3": "A reading mode gives a device that cannot be written.",
  "SB-DETACH-1": "Giving up what is not attached succeeds.",
  "SB-DETACH-2": "Detaching a device that is held, by a mount or otherwise, is FAILED_PRECONDITION device-held, and nothing changes.",
  "SB-DATA-1": "What was written through a mount is there after unmount, detach, attach and mount, byte for byte.",
  "SB-DATA-2": "A new volume never shows bytes of an older one.",
  "SB-RECORD-1": "Records are plain JSON, and listAttachments and listMounts rebuild equal ones, by volume and by device path.",
  "SB-RECORD-2": "A record whose device now belongs to another volume, or is gone, touches nothing.",
  "SB-MOUNT-1": "Mounting is idempotent: the same mount again gives the same record and does not mount twice.",
  "SB-MOUNT-2": "A directory that is missing, not empty, a file or a symbolic link is refused, and nothing is changed there.",
  "SB-ERROR-1": "Every error of a call on a backend says its code, a reason in kebab case, recovery, outcome, operation and backend, and survives its wire form.",
  "SB-ERROR-2": "No error shows a secret or a command line, in its message, details, causes or stack.",
  "SB-DEADLINE-1": "A call returns promptly at its deadline with DEADLINE_EXCEEDED and at its caller's abort with CANCELLED.",
  "SB-CONCURRENCY-1": "When create and delete of one name race, each call ends as if one had come first, and the name is usable afterwards.",
} as const;

/** The number of a rule. */
export type RuleId = keyof typeof rules;
