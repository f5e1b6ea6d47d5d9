import { run, serviceEnvironment } from "../commands.js";
import { labPaths, type RootOption } from "../paths.js";
import { cinderFiles } from "./layout.js";

/**
 * Writes rows of volumes into Cinder's database, like one that is there: Cinder answers for them as for any others, and a thousand of
 * them take a second, where making them takes minutes. They have no image and cannot be attached. Their names are the other's and
 * a number.
 */
export async function fillVolumes(like: { readonly id: string; readonly name: string }, count: number, options: RootOption = {}): Promise<void> {
  const [id, name] = [quote(like.id), quote(like.name)];
  const volumes = await columns("volumes", options);
  const metadata = (await columns("volume_metadata", options)).filter((column) => column !== "id");
  const replaced = (column: string): string => ({ id: "UUID()", display_name: `CONCAT(${name}, '-', seq)` })[column] ?? `v.${quoteName(column)}`;
  // The name stands in the metadata too: as it is, and as what it is looked up by.
  const rewritten = (column: string): string =>
    column === "volume_id"
      ? "v.id"
      : column === "value"
        ? `IF(m.${quoteName("key")} = 'opensds.name', SHA2(v.display_name, 256), REPLACE(m.value, ${name}, v.display_name))`
        : `m.${quoteName(column)}`;
  await sql(
    `INSERT INTO volumes (${volumes.map(quoteName).join()}) SELECT ${volumes.map(replaced).join()} FROM volumes v JOIN seq_1_to_${count} WHERE v.id = ${id};
     INSERT INTO volume_metadata (${metadata.map(quoteName).join()}) SELECT ${metadata.map(rewritten).join()} FROM volumes v JOIN volume_metadata m
       WHERE m.volume_id = ${id} AND v.display_name LIKE CONCAT(${name}, '-%') AND v.id <> ${id};`,
    options,
  );
}

/** Takes one of them out, as if it had been deleted; Cinder itself would count it off the quota that it was never counted on. */
export async function clearFilledOne(id: string, options: RootOption = {}): Promise<void> {
  await sql(`DELETE FROM volume_metadata WHERE volume_id = ${quote(id)}; DELETE FROM volumes WHERE id = ${quote(id)};`, options);
}

/** Takes them out again. */
export async function clearFilled(like: { readonly id: string; readonly name: string }, options: RootOption = {}): Promise<void> {
  const filled = `display_name LIKE CONCAT(${quote(like.name)}, '-%') AND id <> ${quote(like.id)}`;
  await sql(`DELETE FROM volume_metadata WHERE volume_id IN (SELECT id FROM volumes WHERE ${filled}); DELETE FROM volumes WHERE ${filled};`, options);
}

async function columns(table: string, options: RootOption): Promise<readonly string[]> {
  return (await sql(`SELECT column_name FROM information_schema.columns WHERE table_schema = 'cinder' AND table_name = '${table}' ORDER BY ordinal_position;`, options)).split("\n");
}

async function sql(statements: string, options: RootOption): Promise<string> {
  const args = ["--no-defaults", "-uroot", `--socket=${cinderFiles(labPaths(options)).databaseSocket}`, "--batch", "--skip-column-names", "cinder"];
  return (await run("mariadb", args, { env: serviceEnvironment(), input: statements })).trim();
}

const quote = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
const quoteName = (name: string): string => `\`${name}\``;
