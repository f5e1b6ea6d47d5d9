import { facetNames, type CallContext, type DriverDefinition, type Operation, type StorageBackend } from "@opensds/core";
import type { Faults } from "./fault.js";
import { createFaultPlan, type FaultPlan, type UnusedFault } from "./fault-plan.js";
import { performFault } from "./perform-fault.js";

/** A driver with faults in it. */
export type FaultyDefinition<Definition extends DriverDefinition> = Definition & {
  /** The faults that have not happened yet, so that a test can show that all of them have. */
  unusedFaults(): readonly UnusedFault[];
};

/**
 * A driver that fails as it is told to, for a dock's own tests: lost replies, hangs, late answers, slow pages. It stands below core's
 * guard, so that the dock meets each fault as it would in the field: a hang ends in DEADLINE_EXCEEDED with the outcome `unknown`, a
 * write whose reply was lost is done, a replay finds it. Its faults are used up over all backends that are opened with it. A mistake
 * in the faults is a TypeError.
 *
 * Deadlines of core and delays of faults are timers of the global `setTimeout`, and core's clock is `performance.now()`. Under fake timers
 * (`vi.useFakeTimers()` of vitest, which fakes both; `mock.timers` of node:test fakes the first, which is what ends calls) a test of a
 * minute's deadline takes milliseconds: start the call, `await vi.advanceTimersByTimeAsync(60_000)`, look how the call ended.
 *
 * @example
 * const driver = withFaults(memoryReference(), { createVolume: [{ when: "after-applied", code: "UNAVAILABLE" }] });
 * const backends = await openBackends({ backends: { ssd: { reference_driver: { store: "memory" } } } }, { drivers: [driver] });
 */
export function withFaults<Kind extends string, Config, Backend extends StorageBackend, Input>(
  definition: DriverDefinition<Kind, Config, Backend, Input>,
  faults: Faults,
): FaultyDefinition<DriverDefinition<Kind, Config, Backend, Input>> {
  const plan = createFaultPlan(faults);
  return Object.freeze({
    ...definition,
    connect: async (config: Config, ctx: CallContext<"setup">) => {
      const fault = plan.take("setup", config);
      const connect = (inner: CallContext<"setup">): Promise<Backend> => definition.connect(config, inner);
      const backend = await (fault === undefined ? connect(ctx) : performFault(fault, ctx, connect));
      return withFaultyMethods(backend, plan, facetNames);
    },
    unusedFaults: () => plan.unused(),
  });
}

/**
 * Stands before an object of methods. Every method that takes a call's context serves the operation that the context names; calls that
 * the backend makes on itself are its own business and see no faults.
 */
function withFaultyMethods<Methods extends object>(methods: Methods, plan: FaultPlan, nested: readonly string[]): Methods {
  // In front of a copy, because of a frozen object a proxy may only show what is there; what is shown is read from the original.
  return new Proxy(
    { ...methods },
    {
      has: (_copy, name) => Reflect.has(methods, name),
      getPrototypeOf: () => Reflect.getPrototypeOf(methods),
      set: (_copy, name, value) => Reflect.set(methods, name, value),
      get: (_copy, name) => {
        const member: unknown = Reflect.get(methods, name);
        if (typeof member === "function") return (...args: readonly unknown[]) => serve(plan, args, (given) => Reflect.apply(member, methods, given));
        const isFacet = typeof member === "object" && member !== null && nested.some((facet) => facet === name);
        return isFacet ? withFaultyMethods(member, plan, []) : member;
      },
    },
  );
}

function serve(plan: FaultPlan, args: readonly unknown[], call: (args: readonly unknown[]) => unknown): unknown {
  const ctx = args.at(-1);
  const before = args.slice(0, -1);
  if (!isCallContext(ctx)) return call(args);
  const fault = plan.take(ctx.operation, before[0]);
  if (fault === undefined) return call(args);
  const answer = performFault<unknown, Operation>(fault, ctx, (inner) => call([...before, inner]));
  return ctx.operation === "listChangedBlocks" ? streamed(answer) : answer;
}

/** The one method that answers with a stream, not a promise. */
async function* streamed(answer: Promise<unknown>): AsyncGenerator<unknown, void, void> {
  const stream = await answer;
  if (typeof stream === "object" && stream !== null && isAsyncIterable(stream)) yield* stream;
}

const isAsyncIterable = (value: object): value is AsyncIterable<unknown> => Symbol.asyncIterator in value;

function isCallContext(value: unknown): value is CallContext {
  return (
    typeof value === "object" && value !== null && "operation" in value && "signal" in value && value.signal instanceof AbortSignal && "step" in value
  );
}
