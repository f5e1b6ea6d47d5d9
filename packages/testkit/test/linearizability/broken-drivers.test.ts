import { isSouthboundError, SouthboundError, type CallContext, type Operation, type Volume } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { checkSequences, seedOfRun } from "./check-sequences.js";
import { docks, inMemory, onFiles, type Sabotage } from "./docks.js";

/** The same call's context for another operation, to call the honest backend with. */
const contextFor = <Op extends Operation>(operation: Op, ctx: Omit<CallContext, "fail" | "operation">): CallContext<Op> => ({
  operation,
  signal: ctx.signal,
  remainingMs: () => ctx.remainingMs(),
  step: (name) => ctx.step(name),
  log: ctx.log,
  fail: (code, reason, message, info) => new SouthboundError(code, reason, message, { ...info, operation }),
});

const orNone = (error: unknown): undefined => {
  if (isSouthboundError(error) && error.code === "NOT_FOUND") return undefined;
  throw error;
};

/** Broken as drivers are broken in the field; each dock has its own memory. */
const broken: readonly (readonly [string, typeof inMemory, Sabotage])[] = [
  [
    "reads what it remembers of a volume",
    inMemory,
    (backend) => {
      const remembered = new Map<string, Volume>();
      return {
        getVolume: async (request, ctx) => {
          const key = request.id ?? request.name;
          const volume = remembered.get(key) ?? (await backend.getVolume(request, ctx));
          remembered.set(key, volume);
          return volume;
        },
      };
    },
  ],
  [
    "looks whether the name is free, and then puts its volume in the place of whatever is there",
    inMemory,
    (backend) => ({
      createVolume: async (request, ctx) => {
        const get = () => backend.getVolume({ name: request.name }, contextFor("getVolume", ctx)).catch(orNone);
        if ((await get()) !== undefined) return backend.createVolume(request, ctx);
        await ctx.step("between looking and making");
        const inTheWay = await get();
        if (inTheWay !== undefined) await backend.deleteVolume({ id: inTheWay.id }, contextFor("deleteVolume", ctx));
        return backend.createVolume(request, ctx);
      },
    }),
  ],
  [
    "gives any volume of the name to whoever creates it",
    inMemory,
    (backend) => ({
      createVolume: async (request, ctx) =>
        (await backend.getVolume({ name: request.name }, contextFor("getVolume", ctx)).catch(orNone)) ?? backend.createVolume(request, ctx),
    }),
  ],
  [
    "deletes by name what was asked for by id",
    inMemory,
    (backend) => {
      const names = new Map<string, string>();
      return {
        getVolume: async (request, ctx) => {
          const volume = await backend.getVolume(request, ctx);
          names.set(volume.id, volume.name);
          return volume;
        },
        deleteVolume: async (request, ctx) => {
          const name = names.get(request.id);
          const volume = name === undefined ? undefined : await backend.getVolume({ name }, contextFor("getVolume", ctx)).catch(orNone);
          await backend.deleteVolume({ id: volume?.id ?? request.id }, ctx);
        },
      };
    },
  ],
  [
    "leaves the first volume of a page out when the page is not the first",
    inMemory,
    (backend) => ({
      listVolumePage: async (request, ctx) => {
        const page = await backend.listVolumePage(request, ctx);
        return request.token === undefined ? page : { ...page, items: page.items.slice(1) };
      },
    }),
  ],
  [
    "deletes attached volumes",
    onFiles,
    (backend) => ({
      deleteVolume: async (request, ctx) => {
        const connections = await backend.listConnections({ volumeId: request.id }, contextFor("listAttachments", ctx)).catch(orNone);
        for (const { attachment } of connections ?? []) {
          await backend.disconnectVolume({ volumeId: request.id, attachmentId: attachment.id }, contextFor("disconnectVolume", ctx));
        }
        await backend.deleteVolume(request, ctx);
      },
    }),
  ],
  [
    "gives up every host's attachment with one",
    onFiles,
    (backend) => ({
      disconnectVolume: async (request, ctx) => {
        const connections = await backend.listConnections({ volumeId: request.volumeId }, contextFor("listAttachments", ctx)).catch(orNone);
        for (const { attachment } of connections ?? []) {
          await backend.disconnectVolume({ volumeId: request.volumeId, attachmentId: attachment.id }, ctx);
        }
      },
    }),
  ],
];

describe("a driver is found out that", { timeout: 120_000 }, () => {
  it.each(broken)("%s", async (_what, carryOut, sabotage) => {
    const shape = { runs: 100, lengths: [50, 70], callers: docks, connects: carryOut === onFiles, retries: 3, shrinkingMs: 2_000 } as const;
    const report = await checkSequences(shape, seedOfRun(), (sequence, chance) => carryOut(sequence, chance, sabotage));
    expect(report.failure).toMatch(/no order of the calls explains all answers/);
  });

  it("with a history made small, that the same seed gives again", async () => {
    const [, , sabotage] = broken[1] ?? [];
    const shape = { runs: 100, lengths: [50, 70], callers: docks, connects: false, retries: 20 } as const;
    const search = (seed: number) => checkSequences(shape, seed, (sequence, chance) => inMemory(sequence, chance, sabotage));
    const first = await search(20_261_123);
    expect(first.failure).toContain("seed 20261123");
    // Two creates are enough to show it; each caller looks at the end.
    const whole = first.failure?.split("the whole history:")[1];
    expect(whole?.match(/caller \d: (?!list)/g)?.length).toBeLessThanOrEqual(5);
    const ids = /[0-9a-f]{40}-[0-9a-f-]{36}/g;
    const withoutIds = (text: string | undefined) => text?.replaceAll(ids, "id");
    expect(withoutIds((await search(20_261_123)).failure)).toBe(withoutIds(first.failure));
  });
});
