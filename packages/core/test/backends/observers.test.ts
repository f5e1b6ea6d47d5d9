import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { expect, it, onTestFinished } from "vitest";
import { openBackends } from "../../src/backends/open-backends.js";
import { plain as fake } from "./support.js";

it("calls of opened backends are told on the diagnostics channel and to the injected logger", async () => {
  const ends: unknown[] = [];
  const note = (message: unknown): void => void ends.push(message);
  subscribe("opensds:call:end", note);
  onTestFinished(() => void unsubscribe("opensds:call:end", note));
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  const log = { debug: say, info: say, warn: say, error: say };
  const backends = await openBackends({ backends: { ssd: { fake_driver: { pool: "p" } } } }, { drivers: [fake], log });
  await expect(backends.get("ssd").setup()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(ends).toContainEqual(expect.objectContaining({ operation: "setup", backend: "ssd", late: false }));
  expect(lines.join("\n")).toMatch(/setup on ssd took \d+ ms: UNAVAILABLE/);
});
