import { PassThrough } from "node:stream";
import { SouthboundError } from "@opensds/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { confirm } from "../src/confirm.js";
import { exitCodeOf } from "../src/exit-code.js";
import { main } from "../src/main.js";
import { textTable } from "../src/text-table.js";
import { parseDuration, parseSize } from "../src/values.js";
import { createDesk, type Desk } from "./support.js";

let desk: Desk;
beforeAll(async () => {
  desk = await createDesk();
});
afterAll(() => desk.remove());

describe("what cannot be meant", () => {
  it.each([
    [["volumes"], 'there is no command "volumes"; did you mean'],
    [["volume", "sho", "x"], 'there is no command "volume sho"; did you mean "volume show"?'],
    [["volume", "show"], "VOLUME is missing: opensds volume show VOLUME"],
    [["volume", "show", "a", "b"], '"b" is one word too many'],
    [["volume", "ls", "--siez", "1"], "there is no option --siez here"],
    [["volume", "create", "a"], "--size is missing"],
    [["volume", "create", "a", "--size", "10G"], "--size is \"10G\"; give whole bytes above 0, such as 10GiB"],
    [["volume", "create", "a", "--size", ""], "--size is empty"],
    [["volume", "create", "a", "--size", "1MiB", "--parameter", "x"], "give NAME=VALUE"],
    [["volume", "create", "a", "--size", "1MiB", "--from-volume", "x", "--from-snapshot", "y"], "not both"],
    [["attach", "a", "--mode", "shared"], "give one of single-writer"],
    [["volume", "ls", "--json", "--table"], "not both"],
    [["volume", "ls", "--timeout", "5"], "give a time such as 30s"],
    [["completion", "tcsh"], '"tcsh" is none of bash, zsh, fish'],
    [["detach"], "name a volume, or a device"],
    [[], "which command?"],
  ])("%j ends with 2 and words", async (args, words) => {
    const { code, stdout, stderr } = await desk.opensds(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/\n +at /);
  });

  it("ends with 2 where there is no backends file", async () => {
    const { code, stderr } = await desk.opensds("volume", "ls", "--backends", "");
    expect({ code, stderr }).toEqual({ code: 2, stderr: "opensds: --backends is empty\n" });
  });
});

describe("exit codes and errors", () => {
  it("say what to do next", async () => {
    const missing = await desk.opensds("volume", "show", "nothing");
    expect(missing.code).toBe(3);
    expect(missing.stderr).toMatch(/NOT_FOUND volume-not-found\n +what to do +Check id or name/);
    expect(missing.stderr).toMatch(/changed +nothing/);
    const recoveries = (["fix-request", "retry", "wait-for-operation", "operator"] as const).map((recovery) =>
      exitCodeOf(new SouthboundError("INTERNAL", "x", "x", { recovery })),
    );
    expect(recoveries).toEqual([3, 4, 5, 6]);
    expect(exitCodeOf(new TypeError("a bug"))).toBe(70);
  });

  it("come as the wire form on standard error where JSON was asked for", async () => {
    const { code, stdout, stderr } = await desk.opensds("volume", "show", "nothing", "--json");
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(JSON.parse(stderr)).toMatchObject({ code: "NOT_FOUND", reason: "volume-not-found", recovery: "fix-request", outcome: "none" });
  });

  it("tell every mistake of the backends file with its line", async () => {
    const { code, stderr } = await desk.opensds("volume", "ls", "--backends", "nowhere.yaml");
    expect(code).not.toBe(0);
    expect(stderr).toContain("there is no backends file");
  });
});

describe("help, schema and completion", () => {
  it("explains every command with its options", async () => {
    const all = await desk.opensds("--help");
    expect(all.code).toBe(0);
    for (const name of ["volume create NAME", "mount VOLUME DIRECTORY", "reconcile", "schema"]) expect(all.stdout).toContain(name);
    expect((await desk.opensds("volume", "create", "--help")).stdout).toContain("--from-snapshot SNAPSHOT");
  });

  it("prints a schema that knows the installed drivers, alone on standard output", async () => {
    const { stdout } = await desk.opensds("schema");
    expect(JSON.parse(stdout)).toMatchObject({ title: "OpenSDS backends file" });
  });

  it("completes commands, options, values and the names of backends", async () => {
    const complete = async (...words: readonly string[]): Promise<readonly string[]> =>
      (await desk.opensds("--complete-words", "--", ...words)).stdout.split("\n").filter((word) => word !== "" && !word.startsWith("--"));
    expect(await complete("vol")).toEqual(["volume"]);
    expect(await complete("volume", "")).toEqual(["create", "delete", "expand", "ls", "show"]);
    expect(await complete("attach", "x", "--mode", "multi")).toEqual(["multi-reader", "multi-writer"]);
    expect(await complete("--backends", "several.json", "--backend", "")).toEqual(["broken", "local", "other"]);
    expect(await complete("completion", "")).toEqual(["bash", "fish", "zsh"]);
    expect((await desk.opensds("--complete-words", "--", "volume", "delete", "--y")).stdout).toBe("--yes\n");
  });
});

describe("a terminal", () => {
  it("gets a table where a pipe gets JSON", async () => {
    const printed = async (isTTY: boolean): Promise<string> => {
      let text = "";
      const stdout = { isTTY, write: (more: string) => (text += more) };
      const surroundings = { stdout, stderr: { write: () => true }, terminal: undefined, interrupted: new AbortController().signal };
      expect(await main(["backend", "ls", "--backends", `${desk.folder}/several.json`, "--backend", "local"], surroundings)).toBe(0);
      return text;
    };
    expect(await printed(true)).toMatch(/^BACKEND +DRIVER +WORKS/);
    expect(JSON.parse(await printed(false))).toMatchObject([{ backend: "local", works: true }]);
  });

  it("is asked, and only a yes is one", async () => {
    const ask = async (answer: string | null): Promise<unknown> => {
      const terminal = { input: new PassThrough(), output: new PassThrough() };
      if (answer === null) terminal.input.end();
      else terminal.input.write(`${answer}\n`);
      return confirm("delete it?", terminal, new AbortController().signal);
    };
    await expect(ask("y")).resolves.toBeUndefined();
    await expect(ask("YES")).resolves.toBeUndefined();
    for (const answer of ["n", "", "yess", null]) await expect(ask(answer)).rejects.toThrow("not done");
  });

  it("is not steered by what others chose, and has its columns under each other", () => {
    const text = textTable(["NAME", "N"], [["a\u001b[2Jb\nc", 5], ["日本", 12], [undefined, undefined]]);
    expect(text.split("\n")).toEqual(["NAME                 N", "a\\u001b[2Jb\\u000ac   5", "日本                12", "-                    -"]);
  });
});

it("reads sizes and times", () => {
  expect(["4096", "64MiB", "1.5 GiB", "1TB"].map((text) => parseSize(text, "size"))).toEqual([4096, 67_108_864, 1_610_612_736, 1e12]);
  for (const text of ["0", "-1", "1.5", "10G", "1e3", "9PiB", "99999999TiB"]) expect(() => parseSize(text, "size"), text).toThrow("--size is");
  expect(["500ms", "30s", "2m", "1h"].map((text) => parseDuration(text, "timeout"))).toEqual([500, 30_000, 120_000, 3_600_000]);
  for (const text of ["5", "0s", "s", "1d"]) expect(() => parseDuration(text, "timeout"), text).toThrow("--timeout is");
});
