import { setTimeout as sleep } from "node:timers/promises";
import { hostId, openBackends } from "@opensds/core";
import { memoryReference, reference, type ReferenceDefinition } from "@opensds/testkit/reference";
import { describe, expect, it } from "vitest";
import { withFaults } from "../../src/faults/index.js";
import { facts } from "../reference/call.js";
import { temporaryDirectory } from "../reference/support.js";
import { expectInTime, namesOf, timed, watchLag, type Ended } from "./deadlines.js";
import { lateMs, mostMs, names, requests, timeoutMs, times } from "./hundred-creates.js";
import { openInMemory, request, watchUnhandled } from "./support.js";

describe(`${times} of ${times} other calls end by their deadline of ${timeoutMs} ms`, () => {
  const outcome = (operation: string, what: "none" | "unknown") => ({ how: "failed", error: { code: "DEADLINE_EXCEEDED", operation, outcome: what } });
  const all = <Item>(items: readonly Item[], call: (item: Item, options: { readonly timeoutMs: number }) => Promise<unknown>) =>
    Promise.all(items.map((item) => timed(timeoutMs, (options) => call(item, options))));

  it.each(["hang", "hang-deaf"] as const)("reads whose driver has a %s have the outcome none", async (when) => {
    const driver = await openInMemory(withFaults(memoryReference(), { getVolume: [{ when, times }], listVolumes: [{ when, times }] }));
    const lag = watchLag();
    const got = await all(names, (name, options) => driver.getVolume({ name }, options));
    const listed = await all(names, (_name, options) => driver.listVolumes({}, options)[Symbol.asyncIterator]().next());
    expectInTime([...got, ...listed], lag, mostMs);
    for (const one of got) expect(one).toMatchObject(outcome("getVolume", "none"));
    for (const one of listed) expect(one).toMatchObject(outcome("listVolumes", "none"));
    expect(await namesOf(driver)).toEqual([]);
  });

  it.each(["hang", "late", "late-applied"] as const)("deletes whose driver is %s; their replay leaves nothing", async (when) => {
    const fault = when === "late" || when === "late-applied" ? { when, afterMs: lateMs, times } : { when, times };
    const driver = await openInMemory(withFaults(memoryReference(), { deleteVolume: [fault] }));
    const volumes = await Promise.all(requests.map((one) => driver.createVolume(one)));
    const lag = watchLag();
    const ended = await all(volumes, ({ id }, options) => driver.deleteVolume({ id }, options));
    expectInTime(ended, lag, mostMs);
    for (const one of ended) expect(one).toMatchObject(outcome("deleteVolume", "unknown"));
    await Promise.all(volumes.map(({ id }) => driver.deleteVolume({ id }, { timeoutMs: 20_000 })));
    expect(await namesOf(driver)).toEqual([]);
  });

  it.each(["hang", "late-applied"] as const)("connects whose driver is %s; their replay gives the one attachment", async (when) => {
    const connects = 25;
    const fault = when === "hang" ? { when, times: connects } : { when, afterMs: lateMs, times: connects };
    const definition = withFaults(reference, { connectVolume: [fault] });
    const source = { backends: { ssd: { reference_driver: { dir: await temporaryDirectory() } } } };
    const driver = (await openBackends(source, { drivers: [definition] })).get("ssd");
    await driver.setup();
    const { id: volumeId } = await driver.createVolume(request("shared"));
    const hosts = Array.from({ length: connects }, (_, index) => facts(`host-${index}`));
    const connect = (connector: (typeof hosts)[number], options: { readonly timeoutMs: number }) =>
      driver.connectVolume({ volumeId, mode: "multi-reader", connector }, options);
    const lag = watchLag();
    const ended = await all(hosts, connect);
    expectInTime(ended, lag, mostMs);
    for (const one of ended) expect(one).toMatchObject(outcome("connectVolume", "unknown"));
    const replayed = await Promise.all(hosts.map((connector) => connect(connector, { timeoutMs: 20_000 })));
    await sleep(lateMs);
    const recorded = await driver.listAttachments({ volumeId, hostId: "all" });
    expect(recorded.map(({ attachment }) => attachment.id).sort()).toEqual(replayed.map(({ attachment }) => attachment.id).sort());
    expect(new Set(recorded.map(({ attachment }) => attachment.hostId)).size).toBe(connects);
    expect(await driver.listAttachments({ hostId: hostId("host-0") })).toHaveLength(1);
  });

  it("setup and unset, whatever the driver does with them; a connection that comes late is closed", async () => {
    const unhandled = watchUnhandled();
    const memory = memoryReference();
    let closed = 0;
    const neverClosing: ReferenceDefinition = {
      ...memory,
      connect: async (config, ctx) => {
        const close = () => {
          closed += 1;
          return new Promise<never>(() => undefined);
        };
        return { ...(await memory.connect(config, ctx)), close };
      },
    };
    // So late that no load on the machine makes it be in time.
    const late = { when: "late", afterMs: 1_000, times: 5 } as const;
    const definition = withFaults(neverClosing, { setup: [{ when: "hang-deaf", times: 5 }, late] });
    const driver = (await openBackends({ backends: { ssd: { reference_driver: { store: "memory" } } } }, { drivers: [definition] })).get("ssd");
    const lag = watchLag();
    const setups: Ended[] = [];
    for (let round = 0; round < 10; round += 1) setups.push(await timed(timeoutMs, (options) => driver.setup(options)));
    expectInTime(setups, lag, mostMs);
    for (const one of setups) expect(one).toMatchObject({ how: "failed", error: { code: "DEADLINE_EXCEEDED", operation: "setup" } });
    await driver.setup();
    await expect.poll(() => closed, { timeout: 5_000 }).toBe(5);

    const unset = await timed(timeoutMs, (options) => driver.unset(options));
    expectInTime([unset], lag, mostMs);
    expect(unset).toMatchObject({ how: "failed", error: { code: "DEADLINE_EXCEEDED", operation: "unset" } });
    await driver.unset();
    await driver.setup();
    expect(await driver.createVolume(request("after"))).toMatchObject({ name: "after" });
    expect(unhandled).toEqual([]);
  });
});
