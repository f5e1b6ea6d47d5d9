import { textTable } from "./text-table.js";

/** Where the command writes to. */
export interface Stream {
  /** Whether it is a terminal, which gets tables. */
  readonly isTTY?: boolean | undefined;
  /** Writes text as it is. */
  write(text: string): unknown;
}

/** A column of a table: its heading, and what stands in it. */
export interface Column<Item> {
  readonly heading: string;
  readonly cell: (item: Item) => string | number | undefined;
}

/** What a command prints: words and tables for people, JSON for programs. */
export interface Output {
  /** Whether JSON is printed. */
  readonly json: boolean;
  /** A list of things: one JSON array, or a table. */
  list<Item extends object>(items: readonly Item[], columns: readonly Column<Item>[], none: string): void;
  /** One thing: a JSON object, or its facts one below another. */
  one(value: object, facts: readonly (readonly [name: string, fact: string | number | undefined])[]): void;
  /** What was done: in words, or the JSON of what came of it. */
  done(words: string, value: object): void;
  /** Text as it is, whatever the form: help, a script, a schema. */
  raw(text: string): void;
  /** A remark for people, beside the output. */
  note(words: string): void;
}

/** Prints to these streams. */
export function createOutput(stdout: Stream, stderr: Stream, json: boolean): Output {
  const printJson = (value: unknown): void => {
    stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  };
  const print = (text: string): void => {
    stdout.write(`${text}\n`);
  };
  return {
    json,
    list: (items, columns, none) => {
      if (json) printJson(items);
      else if (items.length === 0) stderr.write(`${none}\n`);
      else print(textTable(columns.map(({ heading }) => heading), items.map((item) => columns.map((column) => column.cell(item)))));
    },
    one: (value, facts) => {
      if (json) printJson(value);
      else print(textTable(undefined, facts.flatMap(([name, fact]) => (fact === undefined ? [] : [[name, fact]]))));
    },
    done: (words, value) => {
      if (json) printJson(value);
      else print(words);
    },
    raw: (text) => {
      stdout.write(text);
    },
    note: (words) => {
      stderr.write(`${words}\n`);
    },
  };
}
