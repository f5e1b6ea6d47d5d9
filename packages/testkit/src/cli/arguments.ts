import { parseArgs } from "node:util";
import { BadInput } from "../target/bad-input.js";

/** What the command line asks for. */
export type CliRequest =
  | { readonly command: "help" }
  | { readonly command: "version" }
  | RunRequest
  | CleanRequest;

interface TargetArguments {
  readonly backends: string;
  readonly backend: string;
  readonly driverModules: readonly string[];
  readonly timeoutMs: number | undefined;
}

/** Run the suite. */
export interface RunRequest extends TargetArguments {
  readonly command: "run";
  readonly only: readonly string[] | undefined;
  readonly families: readonly string[] | undefined;
  readonly level: string | undefined;
  readonly seed: number | undefined;
  readonly json: string | undefined;
  readonly junit: string | undefined;
}

/** Remove what a killed run left. */
export interface CleanRequest extends TargetArguments {
  readonly command: "clean";
  readonly prefix: string;
}

export const usage = `opensds-conformance: checks that a storage driver keeps the southbound contract

  opensds-conformance --backends FILE --backend NAME [options]
  opensds-conformance clean --prefix PREFIX --backends FILE --backend NAME [options]

  --backends FILE    the backends file (.yaml or .json)
  --backend NAME     the backend in it
  --drivers MODULE   a module that exports drivers: a path or a package; may be repeated
                     (default: drivers are found by name from the working directory)
  --only ID,..       only these checks, such as CREATE-1,LIST-2
  --family NAME,..   only these families, such as create,attach
  --level LEVEL      basic: no races and deadlines; full (default): everything
  --seed N           repeats the random choices of an earlier run
  --timeout MS       what one check may take (default 120000)
  --json FILE        writes the report as JSON; - writes it to standard output, alone
  --junit FILE       writes the report as JUnit XML
  --prefix PREFIX    clean: removes the volumes whose names contain PREFIX, as a run printed it
  --help, --version

Touches only what it made itself. Checks that make devices need root on Linux and are skipped elsewhere.
Exit code: 0 all passed, 1 a check failed, none ran or the backend does not work, 2 bad input, 130 interrupted.
`;

/** Reads the command line; BadInput for what it cannot mean. */
export function parseCliArguments(args: readonly string[]): CliRequest {
  const { values, positionals } = parse(args);
  if (values.help === true) return { command: "help" };
  if (values.version === true) return { command: "version" };
  const [command, ...rest] = positionals;
  if (rest.length > 0 || (command !== undefined && command !== "clean")) {
    throw new BadInput(`unknown command ${JSON.stringify(positionals.join(" "))}; the only one is clean, and without one the suite runs`);
  }
  const target = {
    backends: required(values.backends, "--backends FILE"),
    backend: required(values.backend, "--backend NAME"),
    driverModules: values.drivers ?? [],
    timeoutMs: wholeNumber(values.timeout, "--timeout"),
  };
  if (command === "clean") return { command, ...target, prefix: required(values.prefix, "--prefix PREFIX") };
  if (values.prefix !== undefined) throw new BadInput("--prefix belongs to the command clean");
  return {
    command: "run",
    ...target,
    only: list(values.only),
    families: list(values.family),
    level: values.level,
    seed: wholeNumber(values.seed, "--seed"),
    json: values.json,
    junit: values.junit,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        backends: { type: "string" },
        backend: { type: "string" },
        drivers: { type: "string", multiple: true },
        only: { type: "string" },
        family: { type: "string" },
        level: { type: "string" },
        seed: { type: "string" },
        timeout: { type: "string" },
        json: { type: "string" },
        junit: { type: "string" },
        prefix: { type: "string" },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new BadInput(`${error instanceof Error ? error.message : String(error)}; see --help`);
  }
}

function required(value: string | undefined, option: string): string {
  if (value !== undefined && value !== "") return value;
  throw new BadInput(`${option} is missing; see --help`);
}

function wholeNumber(value: string | undefined, option: string): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new BadInput(`${option} is ${JSON.stringify(value)}; give a whole number`);
}

/** `A,B` without empty parts; nothing between the commas selects nothing, which the run then reports. */
const list = (value: string | undefined): readonly string[] | undefined =>
  value
    ?.split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
