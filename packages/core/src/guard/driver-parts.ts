import type { Operation } from "../errors/operations.js";
import type { Host } from "../host/host.js";
import type { CallEnvironment } from "./call-environment.js";
import type { CallSpec } from "./call-limits.js";
import type { InFlight } from "./in-flight.js";
import type { Lifecycle } from "./lifecycle.js";

/** What the calls of one driver share. */
export interface DriverParts {
  /** The backend's name in the backends file. */
  readonly backendName: string;
  readonly host: Host;
  readonly lifecycle: Lifecycle;
  readonly inFlight: InFlight;
  readonly environment: CallEnvironment;
  /** Names a call for errors: its operation, this backend, what it is done to. */
  readonly spec: <Op extends Operation>(operation: Op, resource?: string) => CallSpec<Op>;
}
