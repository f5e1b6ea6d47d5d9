import { describe, expect, it } from "vitest";
import { createReporter, type ProgressEvent, step } from "../src/progress.js";

function stream(isTTY: boolean): { isTTY: boolean; columns: number; write(text: string): void; text: () => string } {
  let written = "";
  return { isTTY, columns: 80, write: (text) => (written += text), text: () => written };
}

describe("telling how far it is", () => {
  it("writes plain lines with times where nobody watches", () => {
    const out = stream(false);
    const reporter = createReporter(out);
    reporter.onProgress({ step: "monitor up", phase: "begin" });
    reporter.onProgress({ step: "monitor up", phase: "end", seconds: 1.25 });
    reporter.onProgress({ step: "OSDs up", phase: "failed", seconds: 2 });
    reporter.onProgress({ step: "by the way", phase: "note" });
    reporter.close();
    expect(out.text()).toBe("monitor up  1.3 s\nFAILED OSDs up  2.0 s\nby the way\n");
  });

  it("keeps a live line on a terminal, and clears it", () => {
    const out = stream(true);
    const reporter = createReporter(out);
    reporter.onProgress({ step: "monitor up", phase: "begin" });
    expect(out.text()).toContain("... monitor up 0 s");
    reporter.onProgress({ step: "monitor up", phase: "end", seconds: 1 });
    reporter.close();
    expect(out.text()).toContain("monitor up  1.0 s\n");
    // Back to the beginning of the line, and nothing on it.
    expect(out.text().endsWith("\r\u001b[2K")).toBe(true);
  });

  it("reports a step that fails, and lets its error through", async () => {
    const events: ProgressEvent[] = [];
    const failing = step((event) => events.push(event), "work", () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    expect(events.map((event) => event.phase)).toEqual(["begin", "failed"]);
  });
});
