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

/** How a check says that it cannot be run here. */
export class CheckSkipped extends Error {
  override readonly name = "CheckSkipped";
}

/** The check did not end within its time limit. */
export class CheckTimeout extends Error {
  override readonly name = "CheckTimeout";
}

/** The run was interrupted. */
export class RunInterrupted extends Error {
  override readonly name = "RunInterrupted";
}
