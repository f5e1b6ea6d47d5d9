import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { candidateBlocks, freeBlock, isPortFree, PORTS_PER_LAB } from "../src/ports.js";

describe("choosing ports", () => {
  it("tries every block once, from a place of the lab's own, outside the range of outgoing connections", () => {
    const blocks = candidateBlocks("00000003aaaaaaaa");
    const firsts = blocks.map((block) => block.first);
    expect(new Set(firsts).size).toBe(blocks.length);
    expect(firsts[0]).toBe(20_000 + 3 * PORTS_PER_LAB);
    expect(Math.min(...firsts)).toBe(20_000);
    expect(Math.max(...firsts) + PORTS_PER_LAB).toBeLessThanOrEqual(32_768);
  });

  it("passes over a block of which one port is taken", async () => {
    const before = await freeBlock("0000000000000000");
    const server = createServer();
    const taken = before.first + 17;
    await new Promise<void>((resolve) => server.listen(taken, "127.0.0.1", resolve));
    try {
      expect(await isPortFree(taken)).toBe(false);
      const after = await freeBlock("0000000000000000");
      expect(after.first).toBeGreaterThan(before.first);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
