import type { HostOptions } from "../host/host.js";
import { hostId } from "../model/ids.js";
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
}

/** What a backends file says, before drivers have seen their options. */
export interface ParsedBackends {
  readonly host: HostOptions;
  readonly timeoutMs: number | undefined;
  readonly elements: readonly BackendElement[];
}

type Report = (path: readonly (string | number)[], message: string) => void;

/** Reads the frame of a backends file; collects every mistake in it. */
export function parseBackends(source: BackendsSource): { readonly parsed: ParsedBackends; readonly mistakes: readonly Mistake[] } {
  const mistakes: Mistake[] = [];
  const report: Report = (path, message) => mistakes.push({ path, message, line: source.lineOf(path) });

  const root = asMapping(source.data, [], report, "the file holds `backends:` and, if wanted, `host:` and `timeoutMs:`");
  refuseOthers(root, ["backends", "host", "timeoutMs"], [], report);
  const backends = asMapping(root["backends"] ?? {}, ["backends"], report, "give each backend a name and a driver");
  if (Object.keys(backends).length === 0 && mistakes.length === 0) report(["backends"], "no backend is configured");
  const elements = Object.entries(backends).flatMap(([name, value]) => parseElement(name, value, report));
  const parsed = { host: parseHost(root["host"], report), timeoutMs: parseTimeout(root["timeoutMs"], report), elements };
  return { parsed, mistakes };
}

function parseElement(name: string, value: unknown, report: Report): readonly BackendElement[] {
  const path = ["backends", name];
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) report(path, "a backend's name is 1 to 63 letters, digits, dots, dashes or underscores");
  const element = asMapping(value, path, report, "write the driver's element, such as `ceph_driver: { pool: rbd }`");
  const drivers = Object.keys(element).filter((key) => key.endsWith("_driver"));
  refuseOthers(element, [...drivers, "module"], path, report);
  const [driver, second] = drivers;
  if (driver === undefined) {
    if (isMapping(value)) report(path, "there is no driver element; name one, such as `ceph_driver:`");
    return [];
  }
  if (second !== undefined) report([...path, second], `a backend has one driver; this is the second after ${driver}`);
  const { module } = element;
  if (module !== undefined && typeof module !== "string") report([...path, "module"], "module is the name of a package or a path");
  return [
    {
      name,
      kind: driver.slice(0, -"_driver".length),
      options: element[driver] ?? {},
      module: typeof module === "string" ? module : undefined,
    },
  ];
}

function parseHost(value: unknown, report: Report): HostOptions {
  if (value === undefined) return {};
  const host = asMapping(value, ["host"], report, "host has `id:` and `runtimeDir:`");
  refuseOthers(host, ["id", "runtimeDir"], ["host"], report);
  const { id, runtimeDir } = host;
  const goodId = typeof id === "string" && /^[\x21-\x7e]{1,128}$/.test(id);
  if (id !== undefined && !goodId) report(["host", "id"], "a host id is 1 to 128 printable ASCII characters without blanks");
  const goodDir = typeof runtimeDir === "string" && runtimeDir.startsWith("/");
  if (runtimeDir !== undefined && !goodDir) report(["host", "runtimeDir"], "runtimeDir is an absolute path");
  return { id: goodId ? hostId(id) : undefined, runtimeDir: goodDir ? runtimeDir : undefined };
}

function parseTimeout(value: unknown, report: Report): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value > 0 && value < 2 ** 31) return value;
  report(["timeoutMs"], `timeoutMs is ${JSON.stringify(value)}; give a whole number of milliseconds above 0`);
  return undefined;
}

function refuseOthers(mapping: Readonly<Record<string, unknown>>, known: readonly string[], path: readonly string[], report: Report): void {
  for (const key of Object.keys(mapping)) {
    if (!known.includes(key)) report([...path, key], `unknown key; ${suggest(key, known)}`);
  }
}

function asMapping(value: unknown, path: readonly string[], report: Report, expected: string): Readonly<Record<string, unknown>> {
  if (isMapping(value)) return Object.fromEntries(Object.entries(value));
  const what = value === null || value === undefined ? "nothing" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
  report(path, `here stands ${what}; ${expected}`);
  return {};
}

const isMapping = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);
