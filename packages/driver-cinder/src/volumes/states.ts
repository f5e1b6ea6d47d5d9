import type { VolumeState } from "@opensds/core";

/** Cinder's volume states, and what they are here: section 4.1 of the specification. */
const states: Readonly<Record<string, VolumeState>> = {
  creating: "creating",
  downloading: "creating",
  managing: "creating",
  available: "available",
  "in-use": "in-use",
  reserved: "in-use",
  attaching: "in-use",
  detaching: "in-use",
  deleting: "deleting",
  error: "error",
  error_deleting: "error",
  error_managing: "error",
  error_restoring: "error",
  "error_backing-up": "error",
  error_extending: "error",
};

/** Whether a host is just getting or giving back the volume: a state that passes, in which Cinder lets nothing else begin. */
export const isChangingHands = (status: string): boolean => ["reserved", "attaching", "detaching"].includes(status);

/** What a state of Cinder's is here; a word that is not in the table is `unknown`, which is never ready. */
export const stateOf = (status: string): VolumeState => (Object.hasOwn(states, status) ? states[status] : undefined) ?? "unknown";
