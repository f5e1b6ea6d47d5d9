import { describe, expect, it } from "vitest";
import { parseCommand } from "../src/arguments.js";
import { agentScript, quote } from "../src/vm/agent.js";
import { listeningPorts } from "../src/vm/forwards.js";

describe("the virtual machine's parts", () => {
  it("finds the loopback ports that somebody listens on, and no others", () => {
    const table = [
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
      "   0: 0100007F:6680 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0",
      "   1: 0100007F:6681 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0",
      "   2: 0100007F:6680 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0",
      "   3: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4 1 0",
      "",
    ].join("\n");
    expect(listeningPorts(table)).toEqual([26240, 26241]);
  });

  it("lets no directory name break the agent's script", () => {
    expect(quote("it's")).toBe(`'it'\\''s'`);
    expect(agentScript("/a b", [])).toContain("cd '/a b'");
    expect(agentScript("/a b", [])).toContain("tmpfs /tmp");
    // A checkout there is seen by the machine too.
    expect(agentScript("/tmp/checkout/run", [])).not.toContain("tmpfs /tmp");
    expect(agentScript("/run", [], ["/c d", "/e"])).toContain("for tree in '/c d' '/e'; do");
  });

  it("takes one script on the command line", () => {
    expect(parseCommand(["vm", "modprobe rbd"])).toMatchObject({ name: "vm", script: "modprobe rbd", install: true });
    expect(() => parseCommand(["vm"])).toThrow("Which script?");
    expect(() => parseCommand(["vm", "a", "b"])).toThrow("Too many arguments");
  });
});
