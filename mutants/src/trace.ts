import type { OpenBackends } from "@opensds/testkit";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openerWith } from "./apply.js";
import type { BackendChange, DriverChange } from "./mutant.js";

/**
 * An `openBackends` of sound drivers that notes which members are called, per check: a mutant that changes none of them cannot change
 * how that check ends, so that it need not be run. Notes go to `<directory>/<check>`; the file `current` names the check.
 */
export function tracingOpener(kind: string, directory: string): OpenBackends {
  const noted = new Set<string>();
  const note = (member: string): void => {
    const check = readFileSync(join(directory, "current"), "utf8");
    if (noted.has(`${check} ${member}`)) return;
    noted.add(`${check} ${member}`);
    appendFileSync(join(directory, check), `${member}\n`);
  };
  return openerWith({
    kind,
    backend: (sound): BackendChange => watched(sound, "backend", note),
    driver: (sound): DriverChange => lazily(sound, "driver", note),
  });
}

/** The members that a change replaces, named as the trace names them. */
export function membersOf(change: object, where: string): readonly string[] {
  // What is computed (a manifest) is not asked for: before setup there is none.
  return Object.entries(Object.getOwnPropertyDescriptors(change)).flatMap(([name, { value }]: [string, { value?: unknown }]) =>
    isObject(value) && name !== "manifest" ? Object.keys(value).map((method) => `${where}.${name}.${method}`) : [`${where}.${name}`],
  );
}

/** Whether a check that calls these members may be touched by a change of those; data is read without a call. */
export const touches = (changed: readonly string[], called: ReadonlySet<string>): boolean =>
  changed.some((member) => called.has(member) || /\.(manifest|sources\.kinds)$/.test(member));

function watched(sound: object, where: string, note: (member: string) => void): object {
  const wrap = (owner: object, name: string): readonly [string, unknown] => {
    const value: unknown = Reflect.get(owner, name);
    const member = `${where}.${name}`;
    if (isFunction(value)) return [name, noting(owner, value, member, note)];
    return [name, isObject(value) && name !== "manifest" ? watched(value, member, note) : value];
  };
  return Object.fromEntries(Reflect.ownKeys(sound).flatMap((key) => (typeof key === "string" ? [wrap(sound, key)] : [])));
}

/** A driver's facets are there after setup only. */
function lazily(sound: object, where: string, note: (member: string) => void): object {
  return new Proxy(sound, {
    get: (target, key): unknown => {
      const value: unknown = Reflect.get(target, key);
      if (typeof key !== "string") return value;
      if (isFunction(value)) return noting(target, value, `${where}.${key}`, note);
      return isObject(value) && key !== "manifest" ? watched(value, `${where}.${key}`, note) : value;
    },
  });
}

type AnyFunction = (...args: readonly unknown[]) => unknown;

function noting(owner: object, method: AnyFunction, member: string, note: (member: string) => void): AnyFunction {
  return (...args) => {
    note(member);
    return Reflect.apply(method, owner, args);
  };
}

const isFunction = (value: unknown): value is AnyFunction => typeof value === "function";
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);
