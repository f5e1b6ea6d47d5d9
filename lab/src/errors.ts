/** A failure that the person at the terminal can act on: printed without a stack. */
export class LabError extends Error {
  override readonly name = "LabError";
  /** The process's exit code when this reaches the command line: 2 for bad input, 1 for the rest. */
  readonly exitCode: 1 | 2;

  constructor(message: string, options: { exitCode?: 1 | 2; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
}

export function usageError(message: string): LabError {
  return new LabError(message, { exitCode: 2 });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
