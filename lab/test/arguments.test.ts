import { describe, expect, it } from "vitest";
import { parseCommand } from "../src/arguments.js";
import { LabError } from "../src/errors.js";

describe("the command line", () => {
  it("reads each command with its options", () => {
    expect(parseCommand(["up", "ceph"])).toEqual({ name: "up", backend: "ceph", install: true });
    expect(parseCommand(["up", "ceph", "--osds", "3", "--no-install", "--root", "/x"])).toEqual({
      name: "up",
      backend: "ceph",
      osds: 3,
      install: false,
      root: "/x",
    });
    expect(parseCommand(["down"])).toEqual({ name: "down" });
    expect(parseCommand(["down", "ceph"])).toEqual({ name: "down" });
    expect(parseCommand(["status", "--json"])).toEqual({ name: "status", json: true });
    expect(parseCommand(["--help"])).toEqual({ name: "help" });
  });

  it.each([
    [[], "Which command"],
    [["start"], "no command"],
    [["up"], "Which backend"],
    [["up", "chep"], 'no backend "chep"; it knows: ceph'],
    [["up", "ceph", "now"], "Too many"],
    [["up", "ceph", "--osd", "3"], "--osd"],
    [["up", "ceph", "--osds", "many"], "takes a number"],
    [["up", "ceph", "--osds=-1"], "takes a number"],
    [["up", "ceph", "--json"], "takes no --json"],
    [["down", "--osds", "1"], "takes no --osds"],
    [["status", "ceph"], "takes no name"],
  ])("refuses %j as bad input", (args, words) => {
    const error = thrownBy(() => parseCommand(args));
    expect(error).toBeInstanceOf(LabError);
    expect(error).toMatchObject({ exitCode: 2 });
    expect(String(error)).toContain(words);
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
