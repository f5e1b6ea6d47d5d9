import { parseArgs } from "node:util";
import { BadInput } from "../target/bad-input.js";

/** What the command line asks for. */
export type CliRequest =
  | { readonly command: "help" }
  | { readonly command: "version" }
  | RunRequest
  | CleanRequest
  | InitRequest
  | HtmlRequest;

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
  readonly facets: readonly string[] | undefined;
  readonly level: string | undefined;
  /** By id, why it is known to fail. */
  readonly knownFailures: Readonly<Record<string, string>>;
  /** Values of the variables that --secret-env names. */
  readonly secrets: readonly string[];
  readonly seed: number | undefined;
  readonly thorough: boolean;
  /** Milliseconds beyond a check's own limit. */
  readonly standstillMs: number | undefined;
  readonly json: string | undefined;
  readonly junit: string | undefined;
  readonly html: string | undefined;
  readonly badge: string | undefined;
}

/** Remove what a killed run left. */
export interface CleanRequest extends TargetArguments {
  readonly command: "clean";
  readonly prefix: string;
}

/** Make a folder with a driver to begin with. */
export interface InitRequest {
  readonly command: "init";
  readonly directory: string;
  readonly kind: string | undefined;
}

/** Put several JSON reports into one page. */
export interface HtmlRequest {
  readonly command: "html";
  readonly reports: readonly string[];
  readonly output: string;
}

export const usage = `opensds-conformance: checks that a storage driver keeps the southbound contract

  opensds-conformance --backends FILE --backend NAME [options]
  opensds-conformance clean --prefix PREFIX --backends FILE --backend NAME [options]
  opensds-conformance html REPORT.json.. --output FILE
  opensds-conformance init [DIRECTORY] [--kind NAME]

  --backends FILE    the backends file (.yaml or .json)
  --backend NAME     the backend in it
  --drivers MODULE   a module that exports drivers: a path or a package; may be repeated
                     (default: drivers are found by name from the working directory)
  --only ID,..       only these checks, such as CREATE-1,LIST-2
  --family NAME,..   only these families, such as create,attach
  --facet NAME,..    only the checks about these facets, such as snapshots,groups
  --level LEVEL      basic: no races and deadlines; full (default): everything
  --seed N           repeats the random choices of an earlier run
  --thorough         every race and every crash point instead of a sample that the seed draws
  --timeout MS       what one check may take (default 120000)
  --standstill MS    by how much longer the driver may keep this process from doing anything (default 60000)
  --known-failure ID=REASON
                     the check is run and has to fail still; may be repeated
  --secret-env NAME  the value of this variable may show nowhere, not in what the driver prints either; may be repeated
  --json FILE        writes the report as JSON; - writes it to standard output, alone
  --junit FILE       writes the report as JUnit XML
  --html FILE        writes the report as one page
  --badge FILE       writes a badge as SVG
  --prefix PREFIX    clean: removes the volumes whose names contain PREFIX, as a run printed it
  --output FILE      html: one page with a column for each JSON report
  --kind NAME        init: the new driver's kind; its backends file says NAME_driver (default: the folder's name)
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
  if (command === "init") return initRequest(rest, values.kind);
  if (command === "html") return htmlRequest(rest, values.output);
  if (rest.length > 0 || (command !== undefined && command !== "clean")) {
    throw new BadInput(`unknown command ${JSON.stringify(positionals.join(" "))}; there are clean, html and init, and without one the suite runs`);
  }
  const target = {
    backends: required(values.backends, "--backends FILE"),
    backend: required(values.backend, "--backend NAME"),
    driverModules: values.drivers ?? [],
    timeoutMs: wholeNumber(values.timeout, "--timeout"),
  };
  if (command === "clean") return { command, ...target, prefix: required(values.prefix, "--prefix PREFIX") };
  for (const [option, value] of Object.entries({ kind: values.kind, output: values.output })) {
    if (value !== undefined) throw new BadInput(`--${option} belongs to the command ${option === "kind" ? "init" : "html"}`);
  }
  if (values.prefix !== undefined) throw new BadInput("--prefix belongs to the command clean");
  return {
    command: "run",
    ...target,
    only: list(values.only),
    families: list(values.family),
    facets: list(values.facet),
    level: values.level,
    knownFailures: Object.fromEntries((values["known-failure"] ?? []).map(knownFailure)),
    secrets: (values["secret-env"] ?? []).map(secretFromVariable),
    seed: wholeNumber(values.seed, "--seed"),
    thorough: values.thorough === true,
    standstillMs: wholeNumber(values.standstill, "--standstill"),
    json: values.json,
    junit: values.junit,
    html: values.html,
    badge: values.badge,
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
        facet: { type: "string" },
        level: { type: "string" },
        "known-failure": { type: "string", multiple: true },
        "secret-env": { type: "string", multiple: true },
        seed: { type: "string" },
        timeout: { type: "string" },
        thorough: { type: "boolean" },
        standstill: { type: "string" },
        json: { type: "string" },
        junit: { type: "string" },
        html: { type: "string" },
        badge: { type: "string" },
        prefix: { type: "string" },
        output: { type: "string" },
        kind: { type: "string" },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new BadInput(`${error instanceof Error ? error.message : String(error)}; see --help`);
  }
}

function initRequest(rest: readonly string[], kind: string | undefined): InitRequest {
  if (rest.length > 1) throw new BadInput("init takes one directory");
  return { command: "init", directory: rest[0] ?? ".", kind };
}

function htmlRequest(reports: readonly string[], output: string | undefined): HtmlRequest {
  if (reports.length === 0) throw new BadInput("html takes the JSON reports to show: opensds-conformance html A.json B.json --output FILE");
  return { command: "html", reports, output: required(output, "--output FILE") };
}

function required(value: string | undefined, option: string): string {
  if (value !== undefined && value !== "") return value;
  throw new BadInput(`${option} is missing; see --help`);
}

function knownFailure(text: string): readonly [string, string] {
  const [, id, reason] = /^([^=]+)=(.*\S.*)$/.exec(text) ?? [];
  if (id !== undefined && reason !== undefined) return [id.trim(), reason.trim()];
  throw new BadInput(`--known-failure is ${JSON.stringify(text)}; give ID=REASON, such as LIST-2="tokens end with the process"`);
}

function secretFromVariable(name: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== "") return value;
  throw new BadInput(`--secret-env: the environment variable ${name} is ${value === "" ? "empty" : "not set"}`);
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
