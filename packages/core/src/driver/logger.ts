/** The part of a logger that the SDK uses; `console` and pino fit. Nothing secret is ever handed to it. */
export interface Logger {
  /** Details for whoever looks for a fault. */
  debug(message: string): void;
  /** What was done. */
  info(message: string): void;
  /** What will need somebody, or took long. */
  warn(message: string): void;
  /** What went wrong. */
  error(message: string): void;
}

const nothing = (): void => undefined;

/** The default: says nothing. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
