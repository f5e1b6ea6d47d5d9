import { openBackends, silentLogger, SouthboundError, type CallContext, type StorageBackend, type VolumeDriver } from "@opensds/core";
import { memoryReference } from "@opensds/testkit/reference";

const sizeBytes = 1024 * 1024;

/** The in-memory driver as a dock has it, through the guard, and the same driver without the guard. */
export interface BareDriver {
  readonly driver: VolumeDriver;
  /** One createVolume with a signal, a timeout, the check of the answer and the registry of running calls. */
  readonly guardedCreate: () => Promise<unknown>;
  readonly bareCreate: () => Promise<unknown>;
  close(): Promise<void>;
}

/** Opens it; both creates are of one name, and so of one volume. */
export async function openBareDriver(): Promise<BareDriver> {
  const definition = memoryReference();
  let connected: StorageBackend | undefined;
  const connect = async (...args: Parameters<typeof definition.connect>): Promise<StorageBackend> => {
    connected = await definition.connect(...args);
    return connected;
  };
  const backends = await openBackends({ backends: { bench: { reference_driver: { store: "memory" } } } }, { drivers: [{ ...definition, connect }] });
  const driver = backends.get("bench");
  await driver.setup();
  if (connected === undefined) throw new Error("the driver did not connect");
  const bare = connected;
  const { signal } = new AbortController();
  const ctx: CallContext<"createVolume"> = {
    operation: "createVolume",
    signal,
    remainingMs: () => 60_000,
    log: silentLogger,
    step: () => Promise.resolve(),
    fail: (code, reason, message, info) => new SouthboundError(code, reason, message, info),
  };
  const request = { name: "bench", capacity: { requiredBytes: sizeBytes } };
  const backendRequest = { name: "bench", sizeBytes, capacity: { requiredBytes: sizeBytes, limitBytes: null }, parameters: {} };
  return {
    driver,
    guardedCreate: () => driver.createVolume(request, { signal, timeoutMs: 60_000 }),
    bareCreate: () => bare.createVolume(backendRequest, ctx),
    close: () => backends.unset(),
  };
}
