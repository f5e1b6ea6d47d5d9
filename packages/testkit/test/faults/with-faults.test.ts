import {
  backend,
  extrasOf,
  facetNames,
  hostId,
  isOpenedBy,
  openBackends,
  supports,
  type Authored,
  type CallContext,
  type DriverDefinition,
  type PoolFacet,
} from "@opensds/core";
import { memoryReference, reference } from "@opensds/testkit/reference";
import { describe, expect, it } from "vitest";
import { withFaults, type Faults } from "../../src/faults/index.js";
import { context, createRequest, facts } from "../reference/call.js";
import { temporaryDirectory } from "../reference/support.js";
import { failure, openInMemory, request, volumesOf } from "./support.js";

describe("withFaults", () => {
  it("loses a reply: the volume is there, the caller cannot know, a replay finds it", async () => {
    const definition = withFaults(memoryReference(), { createVolume: [{ when: "after-applied", code: "UNAVAILABLE" }] });
    const driver = await openInMemory(definition);
    expect(await failure(driver.createVolume(request("orders")))).toMatchObject({
      code: "UNAVAILABLE",
      reason: "injected-fault",
      recovery: "retry",
      outcome: "unknown",
      operation: "createVolume",
      backend: "ssd",
    });
    const [made] = await volumesOf(driver);
    expect(made).toMatchObject({ name: "orders" });
    expect(await driver.createVolume(request("orders"))).toEqual(made);
    expect(await volumesOf(driver)).toHaveLength(1);
    expect(definition.unusedFaults()).toEqual([]);
  });

  it("fails before anything is done", async () => {
    const fault = { when: "before-applied", code: "RESOURCE_EXHAUSTED", reason: "backend-full", message: "no room", details: { freeBytes: 0 } } as const;
    const driver = await openInMemory(withFaults(memoryReference(), { createVolume: [fault] }));
    expect(await failure(driver.createVolume(request("orders")))).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      reason: "backend-full",
      message: "no room",
      outcome: "none",
      details: { freeBytes: 0 },
    });
    expect(await volumesOf(driver)).toEqual([]);
  });

  it("takes faults in order, as often as each says, and only those that match", async () => {
    const definition = withFaults(memoryReference(), {
      createVolume: [
        { when: "before-applied", code: "UNAVAILABLE", reason: "first", times: 2 },
        { when: "before-applied", code: "UNAVAILABLE", reason: "only-b", match: ({ name }) => name === "b" },
        { when: "before-applied", code: "UNAVAILABLE", reason: "last" },
      ],
      getVolume: [{ when: "before-applied", code: "UNAVAILABLE", always: true }],
    });
    const driver = await openInMemory(definition);
    const reasonOf = async (name: string) => (await failure(driver.createVolume(request(name)))).reason;
    expect([await reasonOf("a"), await reasonOf("b"), await reasonOf("a")]).toEqual(["first", "first", "last"]);
    expect(definition.unusedFaults()).toEqual([{ operation: "createVolume", when: "before-applied", times: 1 }]);
    expect(await reasonOf("b")).toBe("only-b");
    expect(await driver.createVolume(request("b"))).toMatchObject({ name: "b" });
    for (let call = 0; call < 3; call += 1) expect(await failure(driver.getVolume({ name: "b" }))).toMatchObject({ outcome: "none" });
    expect(definition.unusedFaults()).toEqual([]);
  });

  it("fails every operation that reaches a backend, by the name that callers know it by", async () => {
    const fault = [{ when: "before-applied", code: "UNAVAILABLE", reason: "by-name" }] as const;
    const definition = withFaults(reference, { setup: fault, listVolumes: fault, deleteVolume: fault, connectVolume: fault, listAttachments: fault, disconnectVolume: fault });
    const backends = await openBackends({ backends: { ssd: { reference_driver: { dir: await temporaryDirectory() } } } }, { drivers: [definition] });
    const driver = backends.get("ssd");
    const once = async <Value>(call: () => Promise<Value>): Promise<Value> => {
      expect(await failure(call())).toMatchObject({ reason: "by-name" });
      return call();
    };
    await once(() => driver.setup());
    const { id } = await driver.createVolume(request("a"));
    await once(() => volumesOf(driver));
    const { attachment } = await once(() => driver.connectVolume({ volumeId: id, connector: facts("h") }));
    expect(await once(() => driver.listAttachments({ hostId: hostId("h") }))).toHaveLength(1);
    await once(() => driver.disconnectVolume({ volumeId: id, attachmentId: attachment.id }));
    await once(() => driver.deleteVolume({ id }));
    expect(definition.unusedFaults()).toEqual([]);
    await driver.unset();
  });

  it("reaches facets, and hands on an author's extras as they are", async () => {
    const memory = memoryReference();
    const definition = {
      ...memory,
      facets: { always: [], maybe: facetNames },
      connect: async (...args: Parameters<typeof memory.connect>) => {
        const pools: Authored<PoolFacet> = { listPools: () => Promise.resolve([]) };
        return Object.freeze({ ...(await memory.connect(...args)), pools: Object.freeze(pools), clusterName: () => "west" });
      },
    };
    const faulty = withFaults(definition, { listPools: [{ when: "before-applied", code: "UNAVAILABLE" }] });
    const backends = await openBackends({ backends: { ssd: backend(faulty, { store: "memory" }) } });
    const driver = backends.get("ssd");
    await driver.setup();
    if (!supports(driver, "pools")) throw new Error("the facet is gone");
    expect(await failure(driver.pools.listPools())).toMatchObject({ operation: "listPools", reason: "injected-fault" });
    expect(await driver.pools.listPools()).toEqual([]);
    expect(isOpenedBy(driver, faulty) && extrasOf(driver).clusterName()).toBe("west");
  });

  it("calls methods on the backend itself, so that its private fields work", async () => {
    class Counted {
      #calls = 0;
      count(_ctx: CallContext<"getVolume">): Promise<number> {
        this.#calls += 1;
        return Promise.resolve(this.#calls);
      }
    }
    const memory = memoryReference();
    const connect = async (...args: Parameters<typeof memory.connect>) => Object.assign(new Counted(), await memory.connect(...args));
    const definition = withFaults({ ...memory, connect }, { getVolume: [{ when: "before-applied", code: "UNAVAILABLE" }] });
    const opened = await definition.connect({ store: "memory" }, context("setup"));
    expect("count" in opened && opened instanceof Counted).toBe(true);
    await expect(opened.count(context("getVolume"))).rejects.toMatchObject({ reason: "injected-fault" });
    expect(await opened.count(context("getVolume"))).toBe(1);
    expect(Object.keys(opened)).toContain("createVolume");
    expect(await opened.createVolume(createRequest("a"), context("createVolume"))).toMatchObject({ name: "a" });
  });

  it("refuses faults that make no sense", () => {
    const plan = (faults: Faults) => () => withFaults(memoryReference(), faults);
    expect(plan({ createVolume: [{ when: "late", afterMs: Infinity }] })).toThrow(/afterMs is Infinity/);
    expect(plan({ createVolume: [{ when: "hang", times: 0 }] })).toThrow(/times is 0/);
    expect(plan({ createVolume: [{ when: "hang", times: 2, always: true }] })).toThrow(/either times or always/);
  });

  it("takes only codes, kinds and requests that the operation has", () => {
    const good: Faults = { getVolume: [{ when: "before-applied", code: "NOT_FOUND" }], listVolumes: [{ when: "slow-page", afterMs: 1 }] };
    // @ts-expect-error a get cannot end with ALREADY_EXISTS
    const wrongCode: Faults = { getVolume: [{ when: "before-applied", code: "ALREADY_EXISTS" }] };
    // @ts-expect-error a create has no pages
    const wrongKind: Faults = { createVolume: [{ when: "slow-page", afterMs: 1 }] };
    // @ts-expect-error an attach never reaches the backend as such
    const wrongOperation: Faults = { attachVolume: [{ when: "hang" }] };
    // @ts-expect-error a create is told no id
    const wrongRequest: Faults = { createVolume: [{ when: "hang", match: ({ id }) => id === "x" }] };
    const definition: DriverDefinition = withFaults(memoryReference(), good);
    expect([definition.kind, wrongCode, wrongKind, wrongOperation, wrongRequest]).toHaveLength(5);
  });
});
