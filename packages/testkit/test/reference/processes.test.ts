import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { context, failure, leaks, openDirectory, temporaryDirectory } from "./support.js";

interface Worker {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly ready: Promise<void>;
  readonly ended: Promise<unknown>;
}

const script = fileURLToPath(new URL("worker.ts", import.meta.url));

function startWorker(...args: string[]): Worker {
  const child = spawn(process.execPath, ["--import", "tsx", "--conditions=@opensds/source", script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  const ended = once(child, "close");
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      if (line === "ready") resolve();
    });
    child.once("exit", () => reject(new Error("the worker ended before it was ready")));
  });
  return { child, lines, ready, ended };
}

describe("several processes on one directory", () => {
  it("that create the same 25 names at once all get the same volumes", { timeout: 60_000 }, async () => {
    const dir = await temporaryDirectory();
    const workers = [1, 2, 3, 4].map(() => startWorker("names", dir, "25"));
    await Promise.all(workers.map(({ ended }) => ended));
    const [first, ...others] = workers.map(({ lines }) => lines);
    expect(first).toHaveLength(26);
    for (const lines of others) expect(lines).toEqual(first);
    const client = await openDirectory(dir);
    expect(await client.list(7)).toHaveLength(25);
    expect(await leaks(dir)).toEqual([]);
  });

  it("that make the same snapshots, clones and groups at once all get the same", { timeout: 60_000 }, async () => {
    const dir = await temporaryDirectory();
    const workers = [1, 2, 3].map(() => startWorker("facets", dir, "8"));
    await Promise.all(workers.map(({ ended }) => ended));
    const [first, ...others] = workers.map(({ lines }) => lines);
    expect(first?.filter((line) => line.startsWith("made "))).toHaveLength(8);
    for (const lines of others) expect(lines).toEqual(first);
    expect(await (await openDirectory(dir)).listSnapshots()).toHaveLength(8 * 3);
    expect(await leaks(dir)).toEqual([]);
  });

  it("may be killed at any moment: what they said happened has happened, and nothing leaks", { timeout: 120_000 }, async () => {
    const dir = await temporaryDirectory();
    const said: string[] = [];
    // Two at a time, so that one's sweep at setup meets the other's work.
    for (let round = 0; round < 15; round += 1) {
      const workers = ["a", "b"].map((letter) => startWorker("churn", dir, `${letter}${round}`));
      await Promise.all(
        workers.map(async ({ child, ready, ended }) => {
          await ready;
          await sleep(5 + Math.random() * 120);
          child.kill("SIGKILL");
          await ended;
        }),
      );
      said.push(...workers.flatMap(({ lines }) => lines.filter((line) => line !== "ready")));
    }

    const client = await openDirectory(dir);
    expect(await leaks(dir)).toEqual([]);
    const last = new Map(said.map((line) => line.split(" ")).map(([event = "", name = "", id = ""]) => [name, { event, id }]));
    const connections = await client.backend.listConnections({}, context("listAttachments"));
    const listed = new Map((await client.list()).map((volume) => [volume.name, volume]));
    expect(last.size).toBeGreaterThan(30);
    for (const [name, { event, id }] of last) {
      if (event === "deleted") {
        expect(await failure(client.get(name))).toMatchObject({ code: "NOT_FOUND" });
        expect(listed.has(name)).toBe(false);
      } else if (event !== "deleting") {
        expect(await client.get(name)).toMatchObject({ id });
        expect(listed.get(name)?.id).toBe(id);
      }
      if (event === "connected") {
        const connection = connections.find(({ attachment }) => attachment.volumeId === id);
        expect((await stat(connection?.info.protocol === "file" ? connection.info.path : "")).size).toBe(listed.get(name)?.sizeBytes);
      }
    }
    // At most the one create per killed process whose reply nobody saw.
    expect([...listed.keys()].filter((name) => !last.has(name)).length).toBeLessThanOrEqual(30);
  });
});
