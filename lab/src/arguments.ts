import { parseArgs } from "node:util";
import { messageOf, usageError } from "./errors.js";
import { type BackendName, BACKENDS, isBackend, unknownBackend } from "./lab.js";

export type Command =
  | { readonly name: "help" }
  | { readonly name: "up"; readonly backend: BackendName; readonly osds: number | undefined; readonly install: boolean; readonly root: string | undefined }
  | { readonly name: "down"; readonly root: string | undefined }
  | { readonly name: "vm"; readonly script: string; readonly install: boolean; readonly root: string | undefined }
  | { readonly name: "status"; readonly json: boolean; readonly root: string | undefined };

export const USAGE = `Real storage backends on this machine, on 127.0.0.1 only, with all state under .lab/.

  pnpm lab up ${BACKENDS.join("|")} [--osds N] [--no-install]   bring a backend up, or back up
  pnpm lab down [${BACKENDS.join("|")}]                         end and remove it, data included
  pnpm lab status [--json]                     what runs, and how to reach it
  pnpm lab vm SCRIPT                           run a shell script in a virtual machine with a whole kernel

  --osds N       OSDs of a new cluster (default 1)
  --no-install   never install Debian packages; say what is missing
  --json         JSON alone on stdout
  --root DIR     keep .lab in DIR instead of the checkout (also: OPENSDS_LAB_ROOT)
`;

const OPTIONS = {
  osds: { type: "string" },
  "no-install": { type: "boolean" },
  json: { type: "boolean" },
  root: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

type OptionName = keyof typeof OPTIONS;

const ALLOWED: Readonly<Record<Exclude<Command["name"], "help">, readonly OptionName[]>> = {
  up: ["osds", "no-install", "root"],
  down: ["root"],
  status: ["json", "root"],
  vm: ["no-install", "root"],
};

/** Throws a usage error for whatever it does not know: nothing is guessed. */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  const [name, backend, ...rest] = positionals;
  if (values.help === true || name === "help") return { name: "help" };
  if (name === undefined) throw usageError(`Which command?\n\n${USAGE}`);
  if (name !== "up" && name !== "down" && name !== "status" && name !== "vm") {
    throw usageError(`The lab has no command ${JSON.stringify(name)}; it knows: up, down, status, vm.`);
  }
  if (rest.length > 0) throw usageError(`Too many arguments: ${rest.join(" ")}`);
  for (const option of Object.keys(values)) {
    if (!ALLOWED[name].some((allowed) => allowed === option)) throw usageError(`"lab ${name}" takes no --${option}.`);
  }
  const { root } = values;
  if (name === "status") {
    if (backend !== undefined) throw usageError(`"lab status" tells of all backends; it takes no name.`);
    return { name, json: values.json === true, root };
  }
  if (name === "vm") {
    if (backend === undefined) throw usageError(`Which script? For example: pnpm lab vm 'modprobe rbd; lsmod'`);
    return { name, script: backend, install: values["no-install"] !== true, root };
  }
  if (backend !== undefined && !isBackend(backend)) throw usageError(unknownBackend(backend));
  if (name === "down") return { name, root };
  if (backend === undefined) throw usageError(`Which backend? The lab knows: ${BACKENDS.join(", ")}.`);
  return { name, backend, osds: parseOsds(values.osds), install: values["no-install"] !== true, root };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    throw usageError(messageOf(error));
  }
}

function parseOsds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,4}$/u.test(text)) throw usageError(`--osds takes a number, not ${JSON.stringify(text)}.`);
  return Number(text);
}
