import { installedDrivers, isDriverDefinition, openBackends as coreOpenBackends, type DriverDefinition, type VolumeDriver } from "@opensds/core";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { withFaults, type Faults } from "../faults/index.js";
import { reference } from "../reference/index.js";
import { BadInput } from "./bad-input.js";
import { withoutModules } from "./without-modules.js";
import { isBackendsTarget, type BackendsTarget, type ConformanceTarget, type OpenBackends, type TargetOptions } from "./target.js";

/** A driver of the target that is not set up yet, and what lets go of it. */
export interface OpenedTarget {
  readonly driver: VolumeDriver;
  close(): Promise<void>;
}

/** Opens one more driver of the target, with a guard of its own: as another dock would. */
export async function openTarget(target: ConformanceTarget, options: TargetOptions = {}): Promise<OpenedTarget> {
  if (isBackendsTarget(target)) return openFromBackends(target, options, await driversOf(target));
  const driver = await target.open(options);
  return { driver, close: () => driver.unset() };
}

/** Opens a target whose backend fails as it is told to; a copy of its backends file may be put into the directory. */
export async function openWithFaults(from: BackendsTarget, options: TargetOptions, faults: Faults, directory: string): Promise<OpenedTarget> {
  // A driver that the file names by its module is core's to load; only a registered one can be made to fail.
  const { target, modules } = await withoutModules(from, directory);
  const named = await Promise.all(modules.map((module) => loadDriverModule(module, target.from)));
  const known = [...named.flat(), ...(await driversOf(target))].filter(({ kind }, index, all) => all.findIndex((driver) => driver.kind === kind) === index);
  const installed = (await installedDrivers(target.from)).filter(({ kind }) => !known.some((driver) => driver.kind === kind));
  return openFromBackends(target, options, [...known, ...installed].map((driver) => withFaults(driver, faults)));
}

/** The drivers that are registered. */
async function driversOf(target: BackendsTarget): Promise<readonly DriverDefinition[]> {
  // The kit's own driver needs no package of its own: its kind is always known.
  const drivers: DriverDefinition[] = [reference];
  for (const module of target.driverModules ?? []) drivers.push(...(await loadDriverModule(module, target.from)));
  return drivers;
}

async function openFromBackends(target: BackendsTarget, options: TargetOptions, drivers: readonly DriverDefinition[]): Promise<OpenedTarget> {
  const openBackends = await openerOf(target);
  const backends = await openBackends(target.backends, { ...options, drivers, from: target.from });
  return { driver: backends.get(target.backend), close: () => backends.unset() };
}

/** What opens backends files for a target: core's `openBackends`, or what its opener exports under that name. */
export async function openerOf(target: ConformanceTarget): Promise<OpenBackends> {
  if (!isBackendsTarget(target) || target.opener === undefined) return coreOpenBackends;
  const loaded = await loadModule(target.opener, target.from, "the opener");
  const exported: unknown = Reflect.get(loaded, "openBackends");
  if (isOpener(exported)) return exported;
  throw new BadInput(`the opener ${target.opener} exports no function openBackends`);
}

const isOpener = (value: unknown): value is OpenBackends => typeof value === "function";

/** Loads the drivers that a module exports, by name or as default. */
export async function loadDriverModule(module: string, from?: string): Promise<readonly DriverDefinition[]> {
  const exported: readonly unknown[] = Object.values(await loadModule(module, from, "the driver module"));
  const drivers = [...new Set(exported.filter(isDriverDefinition))];
  if (drivers.length > 0) return drivers;
  throw new BadInput(`the module ${module} exports no driver; export what defineDriver() returns, by name or as default`);
}

async function loadModule(module: string, from: string | undefined, what: string): Promise<object> {
  let loaded: unknown;
  try {
    loaded = await import(moduleUrl(module, from));
  } catch (error) {
    throw new BadInput(`${what} ${module} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
  return typeof loaded === "object" && loaded !== null ? loaded : {};
}

function moduleUrl(module: string, from: string | undefined): string {
  if (module.startsWith("file:")) return module;
  const path = resolve(module);
  if (existsSync(path)) return pathToFileURL(path).href;
  const caller = from === undefined ? join(process.cwd(), "caller.js") : from.startsWith("file:") ? fileURLToPath(from) : from;
  return pathToFileURL(createRequire(caller).resolve(module)).href;
}
