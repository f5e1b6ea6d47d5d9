import { mkdir, rm, writeFile } from "node:fs/promises";
import { labPaths, type RootOption } from "../paths.js";
import { cinderFiles } from "./layout.js";

/** Has Cinder keep what these policies are about for administrators, as a strict operator does, from the next request on; none: its defaults again. */
export async function keepForAdmins(policies: readonly string[], options: RootOption = {}): Promise<void> {
  const directory = cinderFiles(labPaths(options)).config("policy.d");
  const file = `${directory}/kept.yaml`;
  if (policies.length === 0) {
    await rm(file, { force: true });
    return;
  }
  await mkdir(directory, { recursive: true });
  await writeFile(file, policies.map((policy) => `"${policy}": "role:admin"\n`).join(""));
}
