import type { Operation } from "../errors/operations.js";
import type { Logger } from "../driver/logger.js";

/** What calls share that does not change from call to call. */
export interface CallEnvironment {
  readonly log: Logger;
  /** Awaited at every `ctx.step`: crash tests kill the process here. Default: nothing happens. */
  readonly onStep?: ((operation: Operation, step: string) => Promise<void> | void) | undefined;
}
