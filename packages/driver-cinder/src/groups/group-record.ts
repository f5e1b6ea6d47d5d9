import { createHash } from "node:crypto";

/**
 * What is kept about a group, or a group's snapshot, in the one place that Cinder has for it: the description, of 255 characters. See
 * docs/spec/bindings/cinder.md.
 */
export interface GroupRecord {
  /** `making`: not all of its volumes are in yet. `closing`: somebody deletes it. */
  readonly state: "making" | "made" | "closing";
  /** Which volumes it was asked for with. */
  readonly members: string;
  readonly name: string;
}

const form = /^opensds1 (making|made|closing) ([0-9a-f]{16}) ([\w-]+)$/u;
const cutForm = /^opensds1 cut ([\w-]+)$/u;

/** A digest of a set of volumes. */
export const membersKey = (ids: readonly string[]): string => createHash("sha256").update([...new Set(ids)].sort().join()).digest("hex").slice(0, 16);

const encodeName = (name: string): string => Buffer.from(name, "utf8").toString("base64url");
const decodeName = (text: string): string => Buffer.from(text, "base64url").toString("utf8");

export const groupDescription = ({ state, members, name }: GroupRecord): string => `opensds1 ${state} ${members} ${encodeName(name)}`;

/** Undefined for another tool's group. */
export function groupRecordOf({ description }: { readonly description?: string | null | undefined }): GroupRecord | undefined {
  const [, state, members, name] = form.exec(description ?? "") ?? [];
  if ((state !== "making" && state !== "made" && state !== "closing") || members === undefined || name === undefined) return undefined;
  return { state, members, name: decodeName(name) };
}

export const cutDescription = (name: string): string => `opensds1 cut ${encodeName(name)}`;

/** The name of a group's snapshot; undefined for another tool's. */
export function cutNameOf({ description }: { readonly description?: string | null | undefined }): string | undefined {
  const name = cutForm.exec(description ?? "")?.[1];
  return name === undefined ? undefined : decodeName(name);
}
