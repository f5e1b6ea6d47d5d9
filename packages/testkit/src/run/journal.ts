import { appendFileSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a run of the suite made, where its name does not tell. */
export interface Journalled {
  /** Ids of volumes: a device or an importable thing may outlive the volume it is of. */
  readonly volumes: ReadonlySet<string>;
  /** Ids of hosts that were fenced. */
  readonly hosts: ReadonlySet<string>;
  /** Requests that made groups' snapshots, which nothing lists: the same request again finds them. */
  readonly groupSnapshots: readonly { readonly groupId: string; readonly name: string }[];
}

/** Notes what a run makes, on this machine's disk, so that cleaning up after a killed run finds it. */
export interface Journal {
  note(kind: "volume" | "host" | "group-snapshot", words: string): void;
  /** After a run that cleaned up itself. */
  remove(): void;
}

const fileOf = (prefix: string): string => join(tmpdir(), `${prefix}.journal`);

/** Begins the journal of a run. It is written before what it notes is made where that is possible, and at once. */
export function openJournal(prefix: string): Journal {
  const noted = new Set<string>();
  return {
    note: (kind, words) => {
      const line = `${kind} ${words}`;
      if (noted.has(line)) return;
      noted.add(line);
      appendFileSync(fileOf(prefix), `${line}\n`, { mode: 0o600 });
    },
    remove: () => rmSync(fileOf(prefix), { force: true }),
  };
}

/** Reads a run's journal; empty where there is none, such as on another machine. */
export function readJournal(prefix: string): Journalled {
  let text = "";
  try {
    text = readFileSync(fileOf(prefix), "utf8");
  } catch {
    // Ended properly, or ran elsewhere.
  }
  const lines = text.split("\n").map((line) => line.split(" "));
  const idsOf = (kind: string): ReadonlySet<string> => new Set(lines.flatMap(([one, id]) => (one === kind && id !== undefined ? [id] : [])));
  const groupSnapshots = lines.flatMap(([kind, groupId, name]) => (kind === "group-snapshot" && groupId !== undefined && name !== undefined ? [{ groupId, name }] : []));
  return { volumes: idsOf("volume"), hosts: idsOf("host"), groupSnapshots };
}

/** Forgets a run's journal. */
export const removeJournal = (prefix: string): void => openJournal(prefix).remove();
