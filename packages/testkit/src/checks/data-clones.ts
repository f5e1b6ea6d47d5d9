import { MiB, requireFacets, type VolumeSource } from "@opensds/core";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "../check.js";
import { possibleSize } from "../run/sizes.js";
import { runProgram } from "./support/programs.js";
import { cloneOf, cutSnapshot } from "./support/snapshots.js";

/** File systems of clones, beside those of their sources. */
export const cloneDataChecks: readonly Check[] = (["ext4", "xfs"] as const).map((fsType, index) => ({
  id: `DATA-${4 + index}`,
  family: "data",
  level: "basic",
  title: `A clone's ${fsType} is mounted on the same host beside its source's, with the source's files, and each goes its own way`,
  rules: ["SB-SOURCE-1", "SB-SOURCE-3"],
  needs: ["device"],
  facets: ["sources"],
  run: async (ctx) => {
    const driver = requireFacets(ctx.driver, "sources");
    await runProgram(ctx, "sh", "-c", `command -v mkfs.${fsType}`).catch(() => ctx.skip(`this machine has no mkfs.${fsType}`, "environment"));
    const sizeBytes = possibleSize(ctx.manifest.limits, fsType === "xfs" ? 320 * MiB : 64 * MiB);
    const volume = await ctx.create("source", sizeBytes);
    const directory = await ctx.temporaryDirectory();
    const bytes = ctx.random.bytes(300_007);
    const attachment = await driver.attachVolume({ volumeId: volume.id });
    const mounted = await driver.mountVolume({ attachment, directory, fsType });
    await writeFile(join(directory, "shared"), bytes);
    // What is not unmounted may be cut in the middle of a write; that is the freeze's business.
    await driver.unmountVolume(mounted);
    const sources: VolumeSource[] = [];
    if (driver.sources.kinds.includes("volume")) sources.push({ kind: "volume", volumeId: volume.id });
    const { snapshots } = driver;
    if (driver.sources.kinds.includes("snapshot") && snapshots !== undefined) sources.push({ kind: "snapshot", snapshotId: (await cutSnapshot(ctx, requireFacets(driver, "snapshots"), volume, "cut")).id });
    const again = await driver.mountVolume({ attachment, directory });
    for (const source of sources) {
      const what = `a clone of a ${source.kind}`;
      const clone = await cloneOf(ctx, source, sizeBytes);
      const beside = await ctx.temporaryDirectory();
      const other = await driver.attachVolume({ volumeId: clone.id });
      const mount = await driver.mountVolume({ attachment: other, directory: beside, format: "never" });
      ctx.ok((await readFile(join(beside, "shared"))).equals(bytes), `${what} has the source's file`, beside);
      await writeFile(join(beside, "own"), "the clone's");
      await writeFile(join(directory, "own"), "the source's");
      await driver.unmountVolume(mount);
      const reopened = await driver.mountVolume({ attachment: other, directory: beside, format: "never" });
      ctx.equal(await readFile(join(beside, "own"), "utf8"), "the clone's", `the file that ${what} alone has`);
      ctx.equal(await readFile(join(directory, "own"), "utf8"), "the source's", "the file that the source alone has");
      await driver.unmountVolume(reopened);
      await driver.detachVolume(other);
    }
    await driver.unmountVolume(again);
    await driver.detachVolume(attachment);
  },
}));
