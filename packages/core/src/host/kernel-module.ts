import { access, readFile } from "node:fs/promises";
import { release } from "node:os";
import { join } from "node:path";

/**
 * Whether the running kernel has a module, loaded, built in or on disk. Reads the module lists that modprobe reads, so
 * nothing is loaded and no program is run to find out.
 */
export async function hasKernelModule(name: string, roots = { sysfs: "/sys", modules: join("/lib/modules", release()) }): Promise<boolean> {
  const loaded = await access(join(roots.sysfs, "module", name)).then(
    () => true,
    () => false,
  );
  if (loaded) return true;
  const lists = await Promise.all(
    ["modules.dep", "modules.builtin"].map((file) => readFile(join(roots.modules, file), "utf8").catch(() => "")),
  );
  // A module's file may have dashes where its name has underscores.
  const file = name.replaceAll("_", "[-_]");
  return lists.some((list) => new RegExp(`(^|/)${file}\\.ko(\\.\\w+)?(:|$)`, "m").test(list));
}
