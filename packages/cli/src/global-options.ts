import type { Command, Option } from "./command.js";

/** Options that every command takes. */
export const globalOptions: readonly Option[] = [
  { name: "backends", value: "FILE", help: "the backends file; default $OPENSDS_BACKENDS, backends.yaml here, /etc/opensds/backends.yaml" },
  { name: "backend", value: "NAME", help: "the backend in it; default $OPENSDS_BACKEND, or the only one; lists take all" },
  { name: "json", help: "print JSON; the default where standard output is no terminal" },
  { name: "table", help: "print words and tables; the default on a terminal" },
  { name: "timeout", value: "TIME", help: "what each call of a backend may take, such as 30s; default what the file says, or 60s" },
  { name: "verbose", help: "say on standard error what the drivers do" },
  { name: "help", help: "show the help of the command" },
];

const yes: Option = { name: "yes", help: "do not ask" };

/** Every option that a command takes. */
export const optionsOf = (command: Command): readonly Option[] => [
  ...(command.options ?? []),
  ...(command.destroys === true ? [yes] : []),
  ...globalOptions,
];
