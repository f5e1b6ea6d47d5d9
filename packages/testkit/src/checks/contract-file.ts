import { contractVersion, defineDriver, isSecret, type DriverDefinition, type OpenBackendsOptions, type StandardResult } from "@opensds/core";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { memoryReference } from "../reference/index.js";

/** The backends file. These checks bring a driver of their own and leave the target alone. */
export const fileChecks: readonly Check[] = [
  {
    id: "CONTRACT-5",
    family: "contract",
    level: "basic",
    title: "Backends of one kind stand side by side: each has its own options, and shares volumes only where it shares a place",
    rules: ["SB-FILE-1"],
    run: async (ctx) => {
      const store = (name: string) => ({ reference_driver: { store: "memory", name } });
      const file = await write(ctx, { backends: { a: store("one"), b: store("two"), a_again: store("one") } });
      await using backends = await ctx.openBackends(file, { drivers: [memoryReference()] });
      ctx.equal(backends.names, ["a", "b", "a_again"], "the names of the backends");
      await backends.setup();
      const request = { name: ctx.name("one"), capacity: { requiredBytes: 2 ** 20 } };
      const made = await backends.get("a").createVolume(request);
      ctx.equal((await backends.get("a_again").getVolume({ name: request.name })).id, made.id, "the volume in a backend of the same place");
      await ctx.expectError(backends.get("b").getVolume({ name: request.name }), { code: "NOT_FOUND" }, "getVolume in a backend of another place");
      const other = await backends.get("b").createVolume({ ...request, capacity: { requiredBytes: 2 ** 21 } });
      ctx.ok(other.id !== made.id, "another place has another volume under the same name", other.id);

      const probe = probeDriver();
      const probes = await ctx.openBackends({ backends: { a: probeOf({ word: "x" }), b: probeOf({ word: "y" }) } }, { drivers: [probe.driver] });
      await ctx.expectError(probes.get("b").setup(), {}, "setup of a driver that only looks at its options");
      ctx.equal(probe.connected, [{ word: "y" }], "the options that the driver of b got");
    },
  },
  {
    id: "CONTRACT-6",
    family: "contract",
    level: "basic",
    title: "Every mistake of a backends file is told at once, with its line, and nothing is opened",
    rules: ["SB-FILE-2", "SB-FILE-3", "SB-FILE-4"],
    run: async (ctx) => {
      const probe = probeDriver();
      const lines = [
        "backends:",
        "  good: { conformance_probe_driver: { word: x } }",
        "  typo:",
        "    conformance_probe_driver:",
        "      word: x",
        "      wrod: y",
        "  missing: { no_such_thing_driver: {} }",
        "  strange:",
        "    conformance_probe_driver: { word: x }",
        "    colour: blue",
        "colour: blue",
      ];
      const file = join(await ctx.temporaryDirectory(), "backends.yaml");
      await writeFile(file, lines.join("\n"));
      const error = await refused(ctx, file, { drivers: [probe.driver] });
      for (const [line, what] of [[6, "wrod"], [7, "no_such_thing"], [10, "colour"], [11, "colour"]] as const) {
        const told = error.split("\n").some((text) => text.includes(`backends.yaml:${line}:`) && text.includes(what));
        ctx.ok(told, `the mistake ${what} is told with line ${line}`, error);
      }
      ctx.ok(/opensds-driver-no_such_thing|driver-no_such_thing/.test(error), "a driver that is not there is told with where it was looked for", error);
      ctx.equal(probe.connected, [], "the drivers that connected");
    },
  },
  {
    id: "CONTRACT-7",
    family: "contract",
    level: "basic",
    title: "A secret may stand in a variable or a file, and what cannot be read is told by its name and never by its content",
    rules: ["SB-FILE-5"],
    run: async (ctx) => {
      const value = ctx.name("Hidden").replace(/-/g, "");
      const directory = await ctx.temporaryDirectory();
      const path = join(directory, "password");
      await writeFile(path, `${value}\n`, { mode: 0o600 });
      const variable = `OPENSDS_CONFORMANCE_${ctx.random.integer(1_000_000_000)}`;
      const probe = probeDriver();
      process.env[variable] = value;
      try {
        for (const word of [{ env: variable }, { file: path }]) {
          const opened = await ctx.openBackends({ backends: { a: probeOf({ word }) } }, { drivers: [probe.driver] });
          await ctx.expectError(opened.get("a").setup(), {}, "setup of a driver that only looks at its options");
        }
      } finally {
        Reflect.deleteProperty(process.env, variable);
      }
      ctx.equal(probe.revealed, [value, value], "the secrets that the driver could read");
      ctx.ok(!JSON.stringify(probe.connected).includes(value), "a secret among a driver's options does not show in JSON", "it shows");

      const missing = { env: variable };
      const unreadable = { file: join(directory, "no-such-file") };
      const error = await refused(ctx, { backends: { a: probeOf({ word: missing }), b: probeOf({ word: unreadable }) } }, { drivers: [probe.driver] });
      ctx.ok(error.includes(variable) && error.includes("no-such-file"), "both names are told", error);
      // A secret in the wrong place is no name either.
      const pasted = await refused(ctx, { backends: { a: probeOf({ word: { env: `${value}!` } }), b: probeOf({ word: 7, extra: value }) } }, { drivers: [probe.driver] });
      ctx.ok(!pasted.includes(value), "a mistake does not repeat a secret", "it does");
    },
  },
  {
    id: "CONTRACT-8",
    family: "contract",
    level: "basic",
    title: "A driver of an unknown contract version is refused before it connects, and both versions are named",
    rules: ["SB-VERSION-1"],
    run: async (ctx) => {
      for (const contract of ["0.0", "99.7"]) {
        const probe = probeDriver();
        const driver: DriverDefinition = { ...probe.driver, contract };
        const error = await refused(ctx, { backends: { a: probeOf({ word: "x" }) } }, { drivers: [driver] });
        ctx.ok(error.includes(contract) && error.includes(contractVersion), `the message names ${contract} and ${contractVersion}`, error);
        ctx.equal(probe.connected, [], "the drivers that connected");
      }
    },
  },
];

const probeOf = (options: object) => ({ conformance_probe_driver: options });

async function write(ctx: CheckContext, content: object): Promise<string> {
  const file = join(await ctx.temporaryDirectory(), "backends.json");
  await writeFile(file, JSON.stringify(content));
  return file;
}

async function refused(ctx: CheckContext, source: string | object, options: OpenBackendsOptions): Promise<string> {
  const error = await ctx.expectError(ctx.openBackends(source, options), { code: "INVALID_ARGUMENT", reason: "bad-backends-file", outcome: "none" }, "openBackends with mistakes in its file");
  return error.message;
}

/** A driver that takes the option `word`, text or a secret, notes what it got, and never connects to anything. */
function probeDriver(): { readonly driver: DriverDefinition; readonly connected: unknown[]; readonly revealed: string[] } {
  const connected: unknown[] = [];
  const revealed: string[] = [];
  const validate = (value: unknown): StandardResult<object> => {
    if (typeof value !== "object" || value === null) return { issues: [{ message: "must be a mapping" }] };
    const unknown = Object.keys(value).filter((key) => key !== "word");
    const issues = unknown.map((key) => ({ message: `${key} is not an option`, path: [key] }));
    const word: unknown = Reflect.get(value, "word");
    if (typeof word !== "string" && typeof word !== "object") issues.push({ message: "must be text", path: ["word"] });
    return issues.length > 0 ? { issues } : { value };
  };
  const driver = defineDriver({
    kind: "conformance_probe",
    config: { "~standard": { version: 1, vendor: "opensds-testkit", validate } },
    connect: (config: object, ctx) => {
      connected.push(config);
      const word: unknown = Reflect.get(config, "word");
      if (isSecret(word)) revealed.push(word.reveal());
      return Promise.reject(ctx.fail("UNAVAILABLE", "backend-unreachable", "the probe connects to nothing", { outcome: "none" }));
    },
  });
  return { driver, connected, revealed };
}
