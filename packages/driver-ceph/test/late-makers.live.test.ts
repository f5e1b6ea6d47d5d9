import { MiB } from "@opensds/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageNameOf } from "../src/records/image-name.js";
import { fakeCommands } from "./fakes/commands.js";
import { live, openNamespace, uniqueName, type LabNamespace } from "./live/lab.js";

/** Over commands, between two of which anything can be done; the native transport's half is in taking.test.ts. */
describe.runIf(live)("a maker that is stopped between making its image and looking at it", { timeout: 60_000 }, () => {
  let lab: LabNamespace;
  const commands = fakeCommands();
  beforeAll(async () => {
    lab = await openNamespace("late-makers", "cli", { unfinishedAfterMs: 500 });
  }, 60_000);
  afterAll(() => lab.remove(), 60_000);

  it("until the name is another request's image never makes that one its volume", async () => {
    const name = uniqueName("late");
    const place = `--pool dock --namespace ${lab.name} --image ${imageNameOf(name)}`;
    const others = [`rbd rm ${place} --no-progress $who`, `rbd create ${place} --size 8M $who`].join(" && ");
    // Once: after the maker's own `rbd create`, before it sees that this has ended.
    const script = `PATH=${commands.realPath()}
rbd "$@" || exit $?
for word; do case $word in --conf=*|--id=*) who="$who $word";; esac; done
if [ "$1" = create ] && mkdir ${commands.directory()}/once 2>/dev/null; then ${others}; fi`;
    commands.put("rbd", script);
    const volume = await lab.driver.createVolume({ name, capacity: { requiredBytes: 4 * MiB, limitBytes: 4 * MiB } });
    expect(volume.sizeBytes).toBe(4 * MiB);
    expect(await lab.driver.getVolume({ name })).toMatchObject({ id: volume.id, sizeBytes: 4 * MiB });
    await lab.driver.deleteVolume({ id: volume.id });
    await expect.poll(() => lab.objects(), { timeout: 20_000, interval: 500 }).toEqual([]);
  });
});
