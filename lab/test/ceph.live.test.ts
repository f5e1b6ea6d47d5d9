import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run, tryRun } from "../src/commands.js";
import {
  adminCeph,
  adminRbd,
  type CephDetails,
  killDaemon,
  labDown,
  labStatus,
  labUp,
  pauseDaemon,
  resumeDaemon,
  startDaemon,
} from "../src/index.js";
import { listeners, LIVE, removeScratchRoot, scratchRoot, spawnLab, traces } from "./helpers/live.js";

const LOOPBACK = "0100007F";
const MINUTES = 60_000;

async function details(root: string): Promise<CephDetails> {
  const { ceph } = await labStatus({ root });
  if (ceph.state !== "up") throw new Error(`not up: ${JSON.stringify(ceph)}`);
  return ceph;
}

/** `rbd` as a dock runs it: its own conf, its own user. */
function dockRbd({ conf, user }: CephDetails, ...args: string[]): ReturnType<typeof tryRun> {
  return tryRun("rbd", ["-c", conf, "--id", user, ...args]);
}

describe.runIf(LIVE)("a Ceph of one's own", () => {
  let root = "";
  beforeAll(async () => {
    root = scratchRoot();
    await labUp("ceph", { root });
  }, 5 * MINUTES);
  afterAll(async () => {
    await labDown({ root });
    expect(traces(root)).toEqual([]);
    removeScratchRoot(root);
  }, MINUTES);

  it("is healthy, and says how to reach it", async () => {
    const ceph = await details(root);
    expect(ceph).toMatchObject({ user: "dock", pools: ["dock", "dock2"], osds: 1 });
    expect(Object.keys(ceph.pids).sort()).toEqual(["mgr.x", "mon.a", "osd.0"]);
    expect((await adminCeph(["osd", "pool", "ls"], { root })).split("\n").sort()).toEqual(["dock", "dock2"]);
    expect(await adminCeph(["health"], { root })).toBe("HEALTH_OK");
    expect(readFileSync(ceph.backendsFile, "utf8")).toContain(ceph.conf);
  });

  it("listens on loopback only, on ports of its own", async () => {
    const { pids, ports } = await details(root);
    const open = listeners(Object.values(pids));
    expect(open.length).toBeGreaterThanOrEqual(2 + 2 + 8);
    expect(open.filter(({ address }) => address !== LOOPBACK)).toEqual([]);
    expect(open.filter(({ port }) => port < ports.first || port > ports.last)).toEqual([]);
  });

  it("gives the dock its pools, and nothing else", async () => {
    const ceph = await details(root);
    expect(statSync(ceph.keyring).mode & 0o777).toBe(0o600);
    expect(readFileSync(ceph.conf, "utf8") + readFileSync(ceph.keyring, "utf8")).not.toContain("admin");
    for (const pool of ceph.pools) {
      expect(await dockRbd(ceph, "create", "--size", "8M", `${pool}/probe`)).toMatchObject({ exitCode: 0 });
      expect(await dockRbd(ceph, "rm", "--no-progress", `${pool}/probe`)).toMatchObject({ exitCode: 0 });
    }
    await adminCeph(["osd", "pool", "create", "private", "8"], { root });
    expect((await dockRbd(ceph, "create", "--size", "8M", "private/probe")).stderr).toContain("Operation not permitted");
    const denied = await tryRun("ceph", ["-c", ceph.conf, "--id", ceph.user, "osd", "pool", "create", "mine", "8"]);
    expect(denied.stderr).toMatch(/EACCES|EPERM|access denied/u);
    await adminCeph(["osd", "pool", "rm", "private", "private", "--yes-i-really-really-mean-it"], { root });
  }, MINUTES);

  it("is up at once when it is up", async () => {
    const before = await details(root);
    const begin = performance.now();
    await labUp("ceph", { root });
    expect(performance.now() - begin).toBeLessThan(1_000);
    expect(await details(root)).toEqual(before);
  });

  it("refuses another number of OSDs than it has, and leaves it running", async () => {
    await expect(labUp("ceph", { root, osds: 3 })).rejects.toThrow(/made with 1 OSD\..*pnpm lab down/u);
    await details(root);
  });

  it.each(["osd.0", "mon.a", "mgr.x"] as const)("comes back with its data after %s was killed", async (daemon) => {
    await adminRbd(["create", "--size", "8M", `dock/kept-${daemon}`], { root });
    await killDaemon(daemon, { root });
    const broken = (await labStatus({ root })).ceph;
    expect(broken).toMatchObject({ state: "partial", problems: [`${daemon} is not running`] });
    await labUp("ceph", { root });
    await details(root);
    expect(await adminRbd(["ls", "dock"], { root })).toContain(`kept-${daemon}`);
  }, 2 * MINUTES);

  it("hangs and goes on as a test wants it", async () => {
    await pauseDaemon("osd.0", { root });
    expect((await labStatus({ root })).ceph).toMatchObject({ state: "partial", problems: ["osd.0 is paused"] });
    await expect(adminRbd(["create", "--size", "8M", "dock/hung"], { root, timeoutMs: 2_000 })).rejects.toThrow(/too long/u);
    await resumeDaemon("osd.0", { root });
    await details(root);
    await killDaemon("osd.0", { root });
    await killDaemon("osd.0", { root });
    await expect(pauseDaemon("osd.0", { root })).rejects.toThrow(/not running/u);
    await startDaemon("osd.0", { root });
    await startDaemon("osd.0", { root });
    await details(root);
    await expect(killDaemon("osd.7", { root })).rejects.toThrow(/no osd\.7/u);
  }, 2 * MINUTES);

  it("serves beside another lab, whose end it does not notice; with three OSDs and a path too long for sockets", async () => {
    const parent = scratchRoot();
    const other = join(parent, "x".repeat(90));
    mkdirSync(other);
    await labUp("ceph", { root: other, osds: 3 });
    const [ours, theirs] = [await details(root), await details(other)];
    expect(theirs.osds).toBe(3);
    expect(theirs.fsid).not.toBe(ours.fsid);
    for (const ceph of [ours, theirs]) {
      expect(await dockRbd(ceph, "create", "--size", "8M", "dock/side-by-side")).toMatchObject({ exitCode: 0 });
    }
    expect(listeners(Object.values(theirs.pids)).filter(({ address }) => address !== LOOPBACK)).toEqual([]);
    // Three copies: one OSD may go.
    await killDaemon("osd.2", { root: other });
    await labDown({ root: other });
    expect(traces(other)).toEqual([]);
    await run("rm", ["-r", parent]);
    await details(root);
  }, 5 * MINUTES);

  it("outlives the command that started it, which ends and leaves no stream open", async () => {
    await killDaemon("osd.0", { root });
    const child = spawnLab(["up", "ceph", "--root", root]);
    // "close" comes only when nobody holds its stdout and stderr any more.
    expect(await once(child, "close")).toEqual([0, null]);
    await details(root);
  }, MINUTES);
});
