import {
  hostId,
  isMutating,
  MiB,
  silentLogger,
  SouthboundError,
  type BackendCreateRequest,
  type CallContext,
  type ConnectorFacts,
  type Operation,
} from "@opensds/core";

export type OnStep = (operation: Operation, step: string) => Promise<void> | void;

/** A call's context without core's guard around it. */
export function context<Op extends Operation>(operation: Op, onStep?: OnStep, signal: AbortSignal = new AbortController().signal): CallContext<Op> {
  return {
    operation,
    signal,
    remainingMs: () => 60_000,
    log: silentLogger,
    fail: (code, reason, message, info) =>
      new SouthboundError(code, reason, message, { outcome: isMutating(operation) ? "unknown" : "none", ...info, operation }),
    step: async (name) => {
      await onStep?.(operation, name);
      signal.throwIfAborted();
    },
  };
}

export const facts = (host: string, bootId = "boot-1"): ConnectorFacts => ({ hostId: hostId(host), hostName: host, bootId });

export const createRequest = (name: string, more: Partial<BackendCreateRequest> = {}): BackendCreateRequest => ({
  name,
  sizeBytes: MiB,
  capacity: { requiredBytes: MiB, limitBytes: null },
  parameters: {},
  ...more,
});
