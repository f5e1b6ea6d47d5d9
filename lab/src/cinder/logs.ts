import { readFile } from "node:fs/promises";
import { labPaths, type RootOption } from "../paths.js";
import { cinderFiles } from "./layout.js";

const made = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3}) .*\(([0-9a-f-]{36})\): created successfully/u;

/** When each volume became available, by the log of cinder-volume: milliseconds since 1970. Cinder's API tells whole seconds. */
export async function readyTimes(options: RootOption = {}): Promise<ReadonlyMap<string, number>> {
  const text = await readFile(cinderFiles(labPaths(options)).log("cinder-volume.log"), "utf8");
  return new Map(
    text.split("\n").flatMap((line): (readonly [string, number])[] => {
      const [, day, time, id] = made.exec(line) ?? [];
      // The log is written in the machine's own time, as a date without a zone is read.
      return id === undefined ? [] : [[id, Date.parse(`${day ?? ""}T${time ?? ""}`)]];
    }),
  );
}
