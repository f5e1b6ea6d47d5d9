import { isSecret, type Logger } from "@opensds/core";
import { readdir, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import type { Check } from "../check.js";
import type { CheckContext } from "../check-context.js";
import { watchCommandLines } from "./support/command-lines.js";

/** Where secrets must not show. */
export const secretChecks: readonly Check[] = [
  {
    id: "CONTRACT-4",
    family: "contract",
    level: "full",
    title: "No secret of the configuration or of a connection shows in a result, a record, a log line, a command line or a file for all",
    rules: ["SB-SECRET-1"],
    needs: ["connect"],
    run: async (ctx) => {
      const beganMs = Date.now();
      const shown: (readonly [string, string])[] = [];
      const note = (where: string, value: unknown): void => {
        shown.push([where, `${JSON.stringify(value)}\n${inspect(value, { depth: 12 })}`]);
      };
      const watch = await watchCommandLines((line) => shown.push(["a command line", line]));
      const secrets = new Set(ctx.secrets.filter((secret) => secret !== ""));
      try {
        await useVolume(ctx, note, secrets);
      } finally {
        watch.stop();
      }
      for (const file of await openFiles(beganMs)) shown.push([`the file ${file}, which others can read`, await readFile(file, "latin1").catch(() => "")]);
      // Also in the form that a command line or a URL would have.
      const forms = [...secrets].flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")]);
      for (const [where, text] of shown) ctx.ok(!forms.some((form) => text.includes(form)), `no secret shows in ${where}`, "one shows there");
    },
  },
];

/** Makes a volume, connects it, and reads everything that is told of it; collects the secrets that the connection carries. */
async function useVolume(ctx: CheckContext, note: (where: string, value: unknown) => void, secrets: Set<string>): Promise<void> {
  const line = (text: string): void => note("a log line", text);
  const log: Logger = { debug: line, info: line, warn: line, error: line };
  const driver = await ctx.open({ log });
  note("the manifest", driver.manifest);
  const volume = await driver.createVolume({ name: ctx.name("watched"), capacity: { requiredBytes: ctx.sizes.small } });
  note("the created volume", volume);
  const connection = await driver.connectVolume({ volumeId: volume.id, connector: ctx.otherHost("watched") });
  for (const secret of secretsIn(connection)) secrets.add(secret);
  note("the connection", connection);
  note("an attachment record", await driver.listAttachments({ volumeId: volume.id, hostId: "all" }));
  await driver.disconnectVolume({ volumeId: volume.id, attachmentId: connection.attachment.id });
  if (process.platform === "linux" && process.getuid?.() === 0) {
    const record = await driver.attachVolume({ volumeId: volume.id });
    note("an attachment record", record);
    await driver.detachVolume(record);
  }
  note("the volume", await driver.getVolume({ id: volume.id }));
  await driver.deleteVolume({ id: volume.id });
}

function secretsIn(value: unknown): readonly string[] {
  if (isSecret(value)) return [value.reveal()];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(secretsIn);
}

/** Small files that everybody may read and that were written since, where programs put such files. */
async function openFiles(sinceMs: number): Promise<readonly string[]> {
  const found: string[] = [];
  const walk = async (directory: string, depth: number): Promise<void> => {
    for (const name of await readdir(directory).catch(() => [])) {
      const path = join(directory, name);
      const info = await stat(path).catch(() => undefined);
      if (info === undefined) continue;
      const forAll = (info.mode & 0o004) !== 0;
      if (info.isDirectory() && (info.mode & 0o001) !== 0 && depth > 0) await walk(path, depth - 1);
      else if (info.isFile() && forAll && info.size < 65_536 && info.mtimeMs >= sinceMs) found.push(path);
    }
  };
  if (process.platform !== "linux") return [];
  for (const root of [tmpdir(), "/run"]) await walk(root, 3);
  return found;
}
