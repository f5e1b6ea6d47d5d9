/** The command line cannot mean anything, or lacks something; nothing was done. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
