import { parseArgs } from "node:util";

/** The backends that the quickstart can run on. */
export const quickstartBackends = ["reference", "ceph", "cinder"] as const;

/** What the command line asks for. */
export interface QuickstartArguments {
  readonly backend: (typeof quickstartBackends)[number];
  /** Leave the lab up afterwards. */
  readonly keep: boolean;
}

export const usage = `Takes a volume through its whole life.

  npm run quickstart                        on the embedded, file-backed driver
  npm run quickstart -- --backend ceph      on a real Ceph, brought up on this machine
  npm run quickstart -- --backend cinder    on a real Keystone and Cinder, with their volumes in that Ceph

  --backend NAME   ${quickstartBackends.join(", ")}; default reference
  --keep           leave the lab up afterwards
  --help           this text`;

/** Reads the command line; a string says what is wrong with it. */
export function readArguments(args: readonly string[]): QuickstartArguments | "help" | { readonly problem: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        backend: { type: "string", default: "reference" },
        keep: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return "help";
    const backend = quickstartBackends.find((known) => known === values.backend);
    if (backend === undefined) {
      return { problem: `there is no backend ${JSON.stringify(values.backend)} here; choose ${quickstartBackends.join(", ")}` };
    }
    return { backend, keep: values.keep };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
