import * as v from "valibot";
import type { Identified } from "./store.js";

/** How records of one kind are written down, and which files of bytes belong to one. */
export interface RecordKind<Record extends Identified> {
  /** What the records are called, for people and as a directory's name: `volumes`. */
  readonly name: string;
  encode(record: Record): string;
  /** Reads a stored record. Damaged, or of a newer layout: an error that says so; nothing is guessed. */
  decode(text: string): Record;
  /** The names of a record's files; each begins with `data`. */
  filesOf(record: Record): readonly string[];
}

/** Makes a kind out of the schema of what is stored. */
export function recordKind<Record extends Identified>(
  name: string,
  schema: v.GenericSchema<unknown, Record>,
  filesOf: (record: Record) => readonly string[] = () => [],
): RecordKind<Record> {
  return {
    name,
    encode: (record) => `${JSON.stringify(record, undefined, 2)}\n`,
    decode: (text) => {
      try {
        return v.parse(schema, JSON.parse(text));
      } catch (cause) {
        throw new Error(`a stored record of the ${name} is damaged, or a newer @opensds/testkit wrote it; nothing was changed`, { cause });
      }
    },
    filesOf,
  };
}
