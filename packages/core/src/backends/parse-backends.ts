import type { DriverDefinition } from "../driver/define-driver.js";
import type { HostOptions } from "../host/host.js";
import { hostId } from "../model/ids.js";
import { isTypedBackend } from "./backend.js";
import { isMapping } from "./mapping.js";
import type { Mistake } from "./mistakes.js";
import { suggest } from "./nearest.js";
import type { BackendsSource } from "./read-backends-file.js";

/** One element under `backends`: which driver, and its options as written. */
export interface BackendElement {
  readonly name: string;
  /** `ceph` for `ceph_driver`. */
  readonly kind: string;
  readonly options: unknown;
  /** The module to load the driver from, where the element names one. */
  readonly module: string | undefined;
  /** The driver itself, where `backend()` made the element. */
  readonly definition?: DriverDefinition | undefined;
}

/** What a backends file says, before drivers have seen their options. */
export interface ParsedBackends {
  readonly host: HostOptions;
  readonly timeoutMs: number | undefined;
  readonly elements: readonly BackendElement[];
}

/** What a backend's name looks like. */
export const backendNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
/** What a host id looks like in the file. */
export const hostIdPattern = /^[\x21-\x7e]{1,128}$/;
/** The longest timeout that Node's timers know. */
export const maxTimeoutMs = 2 ** 31 - 1;

type Report = (path: readonly (string | number)[], message: string) => void;

/** Reads the frame of a backends file; collects every mistake in it. `kinds`: the drivers that are known, for suggestions. */
export function parseBackends(
  source: BackendsSource,
  kinds: () => readonly string[],
): { readonly parsed: ParsedBackends; readonly mistakes: readonly Mistake[] } {
  const mistakes: Mistake[] = [];
  const report: Report = (path, message) => mistakes.push({ path, message, line: source.lineOf(path) });

  const root = asMapping(source.data, [], report, "the file holds `backends:` and, if wanted, `host:` and `timeoutMs:`");
  // `$schema` tells editors how to check the file.
  refuseOthers(root, ["backends", "host", "timeoutMs", "$schema"], [], report);
  const backends = asMapping(root["backends"] ?? {}, ["backends"], report, "give each backend a name and a driver");
  if (Object.keys(backends).length === 0 && mistakes.length === 0) report(["backends"], "no backend is configured");
  const elements = Object.entries(backends).flatMap(([name, value]) => parseElement(name, value, kinds, report));
  const parsed = { host: parseHost(root["host"], report), timeoutMs: parseTimeout(root["timeoutMs"], report), elements };
  return { parsed, mistakes };
}

function parseElement(name: string, value: unknown, kinds: () => readonly string[], report: Report): readonly BackendElement[] {
  const path = ["backends", name];
  if (!backendNamePattern.test(name)) report(path, "a backend's name is 1 to 63 letters, digits, dots, dashes or underscores");
  if (isTypedBackend(value)) {
    const { driver, options } = value;
    return [{ name, kind: driver.kind, options, module: undefined, definition: driver }];
  }
  const element = asMapping(value, path, report, "write the driver's element, such as `ceph_driver: { pool: rbd }`");
  const drivers = Object.keys(element).filter((key) => key.endsWith("_driver"));
  const others = Object.keys(element).filter((key) => !drivers.includes(key) && key !== "module");
  if (others.length > 0) {
    const known = [...kinds().map((kind) => `${kind}_driver`), "module"];
    for (const key of others) report([...path, key], `unknown key; ${suggest(key, known)}`);
  }
  const [driver, second] = drivers;
  if (driver === undefined) {
    if (isMapping(value)) report(path, "there is no driver element; name one, such as `ceph_driver:`");
    return [];
  }
  if (second !== undefined) report([...path, second], `a backend has one driver; this is the second after ${driver}`);
  const { module } = element;
  if (module !== undefined && (typeof module !== "string" || module === "")) report([...path, "module"], "module is the name of a package or a path");
  return [
    {
      name,
      kind: driver.slice(0, -"_driver".length),
      options: element[driver] ?? {},
      module: typeof module === "string" && module !== "" ? module : undefined,
    },
  ];
}

function parseHost(value: unknown, report: Report): HostOptions {
  if (value === undefined) return {};
  const host = asMapping(value, ["host"], report, "host has `id:` and `runtimeDir:`");
  refuseOthers(host, ["id", "runtimeDir"], ["host"], report);
  const { id, runtimeDir } = host;
  const goodId = typeof id === "string" && hostIdPattern.test(id);
  if (id !== undefined && !goodId) report(["host", "id"], "a host id is 1 to 128 printable ASCII characters without blanks");
  const goodDir = typeof runtimeDir === "string" && runtimeDir.startsWith("/");
  if (runtimeDir !== undefined && !goodDir) report(["host", "runtimeDir"], "runtimeDir is an absolute path");
  return { id: goodId ? hostId(id) : undefined, runtimeDir: goodDir ? runtimeDir : undefined };
}

function parseTimeout(value: unknown, report: Report): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= maxTimeoutMs) return value;
  report(["timeoutMs"], "give a whole number of milliseconds, above 0 and below 2 147 483 648");
  return undefined;
}

function refuseOthers(mapping: Readonly<Record<string, unknown>>, known: readonly string[], path: readonly string[], report: Report): void {
  for (const key of Object.keys(mapping)) {
    if (!known.includes(key)) report([...path, key], `unknown key; ${suggest(key, known)}`);
  }
}

function asMapping(value: unknown, path: readonly string[], report: Report, expected: string): Readonly<Record<string, unknown>> {
  if (isMapping(value)) return value;
  const what = value === null || value === undefined ? "nothing" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
  report(path, `here stands ${what}; ${expected}`);
  return {};
}
