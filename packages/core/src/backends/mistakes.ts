import { SouthboundError } from "../errors/southbound-error.js";

/** One thing that is wrong in a backends file. */
export interface Mistake {
  /** Where, as keys: `["backends", "ssd", "ceph_driver", "pool"]`. */
  readonly path: readonly (string | number)[];
  /** What is wrong and what to do. */
  readonly message: string;
  /** Line in the file, from 1; absent for an object. */
  readonly line?: number | undefined;
}

/** One error that names every mistake, so that a file is mended in one go. */
export function mistakesError(source: string, mistakes: readonly Mistake[]): SouthboundError<"INVALID_ARGUMENT"> {
  const inOrder = [...mistakes].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const lines = inOrder.map(({ path, line, message }) => {
    const where = path.length === 0 ? "" : `${path.join(".")}: `;
    return `  ${source}${line === undefined ? "" : `:${line}`}: ${where}${message}`;
  });
  const count = mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`;
  return new SouthboundError("INVALID_ARGUMENT", "bad-backends-file", `${count} in the backends file\n${lines.join("\n")}`, {
    operation: "openBackends",
    resource: source,
    outcome: "none",
    details: { mistakes: inOrder },
  });
}
