import { CommandFailure } from "../command-failure.js";
import type { FailureWire } from "./protocol.js";

/** The native libraries cannot be used here: no koffi, no librados, no child. */
export class NativeUnavailable extends Error {
  override readonly name = "NativeUnavailable";
}

/** The cluster did not let us in. */
export class ConnectFailure extends CommandFailure {
  /** The paths of the keyrings that librados looked for the user's key in. */
  readonly keyrings: readonly string[];
  constructor({ what, errno: number, detail }: FailureWire, keyrings: readonly string[]) {
    super(what, number, detail);
    this.keyrings = keyrings;
  }
}

/** A native call's failure as it came from the child. */
export const failureFrom = ({ what, errno: number, detail }: FailureWire): CommandFailure => new CommandFailure(what, number, detail);
