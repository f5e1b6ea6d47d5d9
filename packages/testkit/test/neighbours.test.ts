import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { watchCommandLines } from "../src/checks/support/command-lines.js";
import { devicesOver, whatIsBehind } from "../src/checks/support/devices.js";
import { mentions } from "../src/run/mentions.js";
import { runConformance } from "../src/run/run-conformance.js";
import { memoryTarget } from "./support/targets.js";

const marker = `neighbour-${process.pid}`;

/** A process that says `ready` once its shell, and the process under that, are there. */
async function start(script: string): Promise<number> {
  const child = spawn("sh", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    const gone = once(child, "exit");
    child.stdin.end();
    await gone;
  });
  await once(child.stdout, "data");
  return child.pid ?? 0;
}

describe.runIf(process.platform === "linux")("the watch on command lines", () => {
  it("tells of processes that begin later and descend from this one, however far", async () => {
    await start(`: ${marker} before; echo ready; read line`);
    const told: string[] = [];
    const watch = await watchCommandLines((line) => told.push(line));
    onTestFinished(() => watch.stop());
    await start(`sh -c ': ${marker} far; echo ready; read line'; :`);
    await expect.poll(() => told.some((line) => line.includes(`${marker} far`))).toBe(true);
    expect(told.filter((line) => line.includes(`${marker} before`))).toEqual([]);
  });

  it("says nothing of other people's", async () => {
    const another = await start(`: ${marker} another; echo ready; read line`);
    const [ours, theirs]: [string[], string[]] = [[], []];
    const watches = [await watchCommandLines((line) => theirs.push(line), another), await watchCommandLines((line) => ours.push(line))];
    onTestFinished(() => watches.forEach((watch) => watch.stop()));
    await start(`: ${marker} ours; echo ready; read line`);
    await expect.poll(() => ours.some((line) => line.includes(`${marker} ours`))).toBe(true);
    // Of the two watches it looks first.
    expect(theirs.filter((line) => line.includes(marker))).toEqual([]);
  });
});

describe.runIf(process.platform === "linux" && process.getuid?.() === 0)("the devices of a volume", () => {
  it("are those of its file, and not another's with the same bytes", async () => {
    const directory = await mkdtemp(join(tmpdir(), "neighbours-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const [ours = "", theirs = ""] = ["ours", "theirs"].map((name) => {
      const file = join(directory, name);
      writeFileSync(file, Buffer.alloc(1_048_576, "the same bytes"));
      const device = execFileSync("losetup", ["--find", "--show", file], { encoding: "utf8" }).trim();
      onTestFinished(() => void execFileSync("losetup", ["--detach", device]));
      return device;
    });
    const source = await whatIsBehind({ path: ours, number: "", method: "loop", source: "", bootId: "", readOnly: false });
    expect(await devicesOver(source)).toEqual([ours]);
    expect(theirs).not.toBe(ours);
    // The kernel says by this name what it has open, and goes on saying so when the file is gone.
    rmSync(join(directory, "ours"));
    expect(await devicesOver(source)).toEqual([ours]);
  });
});

describe("what mentions an id", () => {
  it.each([
    ["/srv/volumes/0f3c9a77-1", true],
    ["device 0f3c9a77", true],
    ["/srv/volumes/a0f3c9a77", false],
    ["/srv/volumes/0f3c9a778 and 0f3c9a77", true],
  ])("%s", (text, expected) => {
    expect(mentions(text, ["never", "0f3c9a77"])).toBe(expected);
  });

  it("is nothing where the id is so short that it stands in anybody's texts", () => {
    expect(mentions("/srv/volumes/7/data", ["7"])).toBe(false);
  });
});

describe("what others have left half-made", () => {
  it("is not mended by the suite: it says what it found, and tries no repair", async () => {
    const theirs = { kind: "half-made", reference: "theirs", message: "a create was killed", action: "undo" } as const;
    const repairs: unknown[] = [];
    const found = {
      reconciliation: {
        reconcile: (request: { readonly repair?: boolean | undefined }) => {
          if (request.repair === true) repairs.push(request);
          return Promise.resolve([{ ...theirs, repaired: request.repair === true }]);
        },
      },
    };
    const { results } = await runConformance(memoryTarget((backend) => ({ manifest: backend.manifest, ...found })), { select: { families: ["reconciliation"] } });
    const skipped = results.find(({ id }) => id === "RECONCILIATION-2");
    expect(skipped).toMatchObject({ status: "skipped" });
    expect(skipped?.reason).toContain("half-made theirs");
    expect(repairs).toEqual([]);
  });
});
