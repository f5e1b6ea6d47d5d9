import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MiB } from "@opensds/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { imageNameOf } from "../src/records/image-name.js";
import { live, openNamespace, uniqueName, type LabNamespace } from "./live/lab.js";

/** Over commands, between two of which anything can be done; the native transport's half is in taking.test.ts. */
describe.runIf(live)("a maker that is stopped between making its image and looking at it", { timeout: 60_000 }, () => {
  let lab: LabNamespace;
  let directory: string;
  let path: string | undefined;
  beforeAll(async () => {
    lab = await openNamespace("late-makers", "cli", { unfinishedAfterMs: 500 });
  }, 60_000);
  afterAll(() => lab.remove(), 60_000);
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "driver-ceph-"));
    path = process.env["PATH"];
    process.env["PATH"] = `${directory}:${path ?? ""}`;
  });
  afterEach(() => {
    process.env["PATH"] = path;
    rmSync(directory, { recursive: true });
  });

  it("until the name is another request's image never makes that one its volume", async () => {
    const name = uniqueName("late");
    const place = `--pool dock --namespace ${lab.name} --image ${imageNameOf(name)}`;
    const others = [`rbd rm ${place} --no-progress $who`, `rbd create ${place} --size 8M $who`].join(" && ");
    // Once: after the maker's own `rbd create`, before it sees that this has ended.
    const script = `#!/bin/sh
PATH=${path ?? ""}
rbd "$@" || exit $?
for word; do case $word in --conf=*|--id=*) who="$who $word";; esac; done
if [ "$1" = create ] && mkdir ${directory}/once 2>/dev/null; then ${others}; fi
`;
    writeFileSync(join(directory, "rbd"), script);
    chmodSync(join(directory, "rbd"), 0o755);
    const volume = await lab.driver.createVolume({ name, capacity: { requiredBytes: 4 * MiB, limitBytes: 4 * MiB } });
    expect(volume.sizeBytes).toBe(4 * MiB);
    expect(await lab.driver.getVolume({ name })).toMatchObject({ id: volume.id, sizeBytes: 4 * MiB });
    await lab.driver.deleteVolume({ id: volume.id });
    await expect.poll(() => lab.objects(), { timeout: 20_000, interval: 500 }).toEqual([]);
  });
});
