/** How a check says that the driver did something else than it should. */
export class CheckFailure extends Error {
  override readonly name = "CheckFailure";
  readonly expected: string;
  readonly actual: string;

  constructor(what: string, expected: string, actual: string, cause?: unknown) {
    super(what, cause === undefined ? undefined : { cause });
    this.expected = expected;
    this.actual = actual;
  }
}

/** How a check says that it cannot be run: because of what the backend is, or because of where it runs. */
export class CheckSkipped extends Error {
  override readonly name = "CheckSkipped";
  override readonly cause: "backend" | "environment";

  constructor(reason: string, cause: "backend" | "environment") {
    super(reason);
    this.cause = cause;
  }
}

/** The check did not end within its time limit. */
export class CheckTimeout extends Error {
  override readonly name = "CheckTimeout";
}

/** The run was interrupted. */
export class RunInterrupted extends Error {
  override readonly name = "RunInterrupted";
}
