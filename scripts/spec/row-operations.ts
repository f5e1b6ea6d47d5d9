import { isMutating, type Operation } from "@opensds/core";
import type { ErrorRow } from "./spec-text.js";
import { codesOf, isLifecycle, operations } from "./tables.js";

/** The operations of the sections whose tables speak of one operation or a few. */
const bySection: Readonly<Record<string, readonly Operation[]>> = {
  "8.1": ["setup"],
  "8.3": ["createVolume"],
  "8.4": ["getVolume"],
  "8.5": ["listVolumes"],
  "8.6": ["deleteVolume"],
  "8.7": ["connectVolume"],
  "8.9": ["attachVolume"],
  "8.10": ["detachVolume"],
  "8.11": ["listAttachments"],
  "8.12": ["mountVolume"],
  "8.13": ["unmountVolume"],
  "8.15": ["readFormat", "writeFormat"],
  "9": ["attachVolume", "detachVolume", "mountVolume", "unmountVolume"],
  "11.2": ["createSnapshot", "getSnapshot", "listSnapshots", "deleteSnapshot", "revertVolume"],
  "11.3": ["createVolume"],
  "11.4": ["expandVolume", "growAttachment"],
  "11.6": ["modifyVolume", "getQos"],
  "11.7": ["createGroup", "getGroup", "listGroups", "updateGroup", "deleteGroup", "createGroupSnapshot", "getGroupSnapshot", "deleteGroupSnapshot"],
  "11.8": ["listImportable", "importVolume", "unmanageVolume"],
  "11.9": ["listTrash", "undeleteVolume", "purgeVolume"],
  "11.10": ["listChangedBlocks"],
  "11.13": ["fenceHost", "unfenceHost"],
  "12": ["openBackends"],
};

/** The sections whose tables hold for many operations, in words. */
const wide: Readonly<Record<string, { readonly words: string; readonly holdsFor: (operation: Operation) => boolean }>> = {
  "5.2": { words: "every operation", holdsFor: () => true },
  "5.3": { words: "every operation that asks the backend", holdsFor: (operation) => operation !== "openBackends" },
  "5.4": { words: "every mutating operation", holdsFor: (operation) => isMutating(operation) && !isLifecycle(operation) },
  "5.5": {
    words: "every operation that changes this host",
    holdsFor: (operation) => ["attachVolume", "detachVolume", "mountVolume", "unmountVolume", "growAttachment"].includes(operation),
  },
};

/** For whom a row is. */
export interface RowScope {
  /** In words, for people. */
  readonly words: string;
  /** Every one of these has to have the row's code; empty for what no operation ends with by itself. */
  readonly operations: readonly Operation[];
}

/**
 * For whom a row is: the operations that it names in parentheses, else those of its section. In a table for several operations a row
 * without names is for those that have its code.
 */
export function scopeOf(row: ErrorRow): RowScope | undefined {
  const general = wide[row.section];
  if (general !== undefined) return { words: general.words, operations: operations.filter((operation) => general.holdsFor(operation)) };
  if (row.section === "11.1") return { words: "requireFacets", operations: [] };
  if (row.section === "A") return { words: "drivers that speak strings", operations: [] };
  const named = namedIn(row.condition);
  const inSection = bySection[row.section] ?? [];
  const several = inSection.length > 1;
  const held = named.length > 0 ? named : inSection.filter((operation) => !several || codesOf(operation).some((code) => code === row.code));
  return held.length === 0 ? undefined : { words: held.join(", "), operations: held };
}

function namedIn(condition: string): readonly Operation[] {
  const inParentheses = [...condition.matchAll(/\(([^)]*)\)/g)].flatMap(([, words = ""]) => words.split(/[^A-Za-z]+/));
  return operations.filter((operation) => inParentheses.includes(operation));
}
