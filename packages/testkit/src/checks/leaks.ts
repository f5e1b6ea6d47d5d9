import { readFile } from "node:fs/promises";
import type { Check } from "../check.js";
import { mentions } from "../run/mentions.js";
import { orphansNow } from "../run/orphans.js";
import { deviceOf } from "./support/device-bytes.js";
import { devicesOver, whatIsBehind } from "./support/devices.js";
import { pause } from "./support/held-driver.js";
import { readAllVolumes } from "./support/volumes.js";

/** What is left on the host and in the backend. */
export const leakChecks: readonly Check[] = [
  {
    id: "LEAKS-1",
    family: "leaks",
    level: "full",
    title: "Volumes' whole lives, with refused and given-up calls in between, leave no object, device, mount, open file or child process",
    rules: ["SB-LIFECYCLE-7", "SB-DETACH-3"],
    needs: ["device", "processes"],
    run: async (ctx) => {
      const orphans = await orphansNow(ctx.driver);
      const worker = await ctx.worker();
      const directory = await ctx.temporaryDirectory();
      const ids: string[] = [];
      const sources = new Set<string | undefined>();
      for (let life = 1; life <= 3; life += 1) {
        const name = ctx.name("life");
        const { id } = await worker.createVolume({ name, capacity: { requiredBytes: ctx.sizes.data } });
        ids.push(id);
        const attachment = await worker.attachVolume({ volumeId: id });
        sources.add(await whatIsBehind(deviceOf(attachment)));
        const mount = await worker.mountVolume({ attachment, directory });
        await ctx.expectError(worker.deleteVolume({ id }), { code: "FAILED_PRECONDITION" }, "deleteVolume of a mounted volume");
        await ctx.expectError(worker.detachVolume(attachment), { code: "FAILED_PRECONDITION" }, "detachVolume of a mounted volume");
        await ctx.expectError(worker.mountVolume({ attachment, directory: "/no/such/directory" }), {}, "mountVolume at a directory that is not there");
        await worker.unmountVolume(mount);
        await worker.detachVolume(attachment);
        await ctx.expectError(worker.createVolume({ name, capacity: { requiredBytes: 2 ** 50 } }), {}, "createVolume of a size that cannot be");
        await worker.deleteVolume({ id });
      }
      ctx.equal(await worker.close(), [], "what the lives left in their process");
      const left = async (): Promise<readonly string[]> => [...(await Promise.all([...sources].map(devicesOver))).flat(), ...(await mountsAt(directory))];
      for (let look = 1; look < 10 && (await left()).length > 0; look += 1) await pause(ctx, 200);
      ctx.equal(await left(), [], "the devices and mounts that the lives left");
      ctx.equal((await readAllVolumes(ctx.driver)).filter(({ id }) => ids.includes(id)), [], "the volumes that the lives left");
      const found = (await orphansNow(ctx.driver)).filter((orphan) => !orphans.includes(orphan) && mentions(orphan, ids));
      ctx.equal(found, [], "what reconcile finds of the lives");
    },
  },
];

/** Mounts at a directory that is this run's own. A volume mounted anywhere else keeps its device, which is looked for by itself. */
async function mountsAt(directory: string): Promise<readonly string[]> {
  const lines = (await readFile("/proc/self/mountinfo", "utf8")).split("\n");
  return lines.filter((line) => line.split(" ")[4] === directory).map((line) => `mount ${line}`);
}
