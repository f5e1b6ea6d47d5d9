import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Orphan } from "@opensds/core";
import { describe, expect, it } from "vitest";
import { atEachStep, countAsDead } from "./crash.js";
import { context, leaks, openDirectory, stores, temporaryDirectory, type Client } from "./support.js";

countAsDead();

const reconcile = (client: Client, repair?: boolean): Promise<readonly Orphan[]> =>
  client.backend.reconciliation.reconcile({ repair }, context("reconcile"));
const examine = (client: Client) => client.backend.doctor.examine(context("examine"));

describe("reconciling", () => {
  it.each(stores)("finds nothing where nothing was left, in $store", async ({ open }) => {
    const client = await open();
    const { id } = await client.create("v");
    await client.snapshot("s", id);
    await client.remove(id);
    expect(await reconcile(client)).toEqual([]);
    expect(await reconcile(client, true)).toEqual([]);
  });

  const kinds = [
    { what: "create", call: (client: Client) => client.create("new"), kinds: ["", "half-made"] },
    {
      what: "delete",
      call: async (client: Client) => client.remove((await client.get("v")).id),
      kinds: ["", "half-removed", "half-deleted"],
    },
    { what: "connect", call: async (client: Client) => client.connect((await client.get("v")).id, "h"), kinds: ["", "half-written"] },
  ];
  it.each(kinds)("tells what a killed $what left, and mends it when asked to", async ({ call, kinds: expected }) => {
    let at = 0;
    await atEachStep((client) => client.create("v"), call, async ({ dir, other }) => {
      const orphans = await reconcile(other);
      expect(orphans.map(({ kind }) => kind).join()).toBe(expected[at]);
      expect(orphans.every(({ repaired }) => !repaired)).toBe(true);
      expect(await reconcile(other)).toEqual(orphans);
      expect((await reconcile(other, true)).map(({ reference, repaired }) => ({ reference, repaired }))).toEqual(
        orphans.map(({ reference }) => ({ reference, repaired: true })),
      );
      expect(await reconcile(other)).toEqual([]);
      expect(await leaks(dir)).toEqual([]);
      at += 1;
    });
    expect(at).toBe(expected.length);
  });
});

describe("the doctor", () => {
  it.each(stores)("finds all well, and leaves nothing, in $store", async ({ open }) => {
    const findings = await examine(await open());
    expect(findings.length).toBeGreaterThan(0);
    for (const { status, hint } of findings) expect(hint === undefined).toBe(status === "ok");
    expect(findings.filter(({ status }) => status === "error")).toEqual([]);
  });

  it("sees a directory that cannot be written to any more", async () => {
    const dir = await temporaryDirectory();
    const client = await openDirectory(dir);
    await rm(join(dir, "staging"), { recursive: true });
    expect((await examine(client)).find(({ check }) => check === "directory-rights")).toMatchObject({ status: "error" });
    await mkdir(join(dir, "staging"));
    await examine(client);
    expect(await readdir(join(dir, "staging"))).toEqual([]);
  });
});
