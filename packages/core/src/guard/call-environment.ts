import type { Operation } from "../errors/operations.js";
import type { Logger } from "../driver/logger.js";
import type { CallObserver } from "./observe.js";

/** What calls share that does not change from call to call. */
export interface CallEnvironment {
  readonly log: Logger;
  /** Awaited at every `ctx.step`: crash tests kill the process here. Default: nothing happens. */
  readonly onStep?: ((operation: Operation, step: string) => Promise<void> | void) | undefined;
  /** Who watches calls. Default: nobody. */
  readonly observers?: readonly CallObserver[] | undefined;
  /** Milliseconds after which a running call is told as slow. Default 10 000. */
  readonly slowCallMs?: number | undefined;
}
